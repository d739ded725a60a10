"""Methods: what is minimised. One file each; a new method is a new file.

A method asks a student and a critic for numbers and combines them with losses.
It owns no parameters and no optimizer.
"""
