"""Custom actions of the dialogue: a plain rasa_sdk package, one module per noun of the business."""
