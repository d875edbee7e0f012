"""What a layer is: the one declaration from which every service follows.

`layers/` writes declarations in the words of this package; all other rooms read them here and nowhere else.
"""
