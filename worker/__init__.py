"""Long work in processes of its own: embedding, selection, training, prediction, export, import."""
