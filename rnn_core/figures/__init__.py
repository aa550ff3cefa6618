"""Plain results, turned into plotly figures. Imports results and config alone."""
