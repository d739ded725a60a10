"""Students: a network behind the verbs distillation needs."""
