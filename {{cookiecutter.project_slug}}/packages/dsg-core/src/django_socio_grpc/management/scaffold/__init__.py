"""``manage.py startservice``: the files of a new service, and what is to be done with them."""
