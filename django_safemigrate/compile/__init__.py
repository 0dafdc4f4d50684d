"""From Django's operations to Steps.

    operation --(Django's own editor, editor.py)--> statements --(statements/)--> steps

``binding`` pairs operations with states, ``editor`` lets Django write down what it would execute, ``simplify`` drops what
cancels out, ``statements`` knows how each kind of statement is done safely, ``operations`` puts it together.
"""
