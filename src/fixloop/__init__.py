"""fixloop turns rejections of a support pipeline's proposals into reviewed, evaluated, merged fixes."""

__version__ = "0.1.0"
