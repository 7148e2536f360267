"""What must hold between the files of a workspace, a module a subject."""
