"""Optional database ENGINEs that make plain ``migrate`` and ``schema_editor()`` safe."""
