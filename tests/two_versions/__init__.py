"""The catalogue of changes as pairs of states of models, each of which ships while two versions of the code run."""
