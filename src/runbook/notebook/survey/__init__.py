"""survey.ipynb: a cell a call."""
