"""How `dedupe/embedding/weights/` was made: data, augmentation, network, loss, export, figures. See README.md."""
