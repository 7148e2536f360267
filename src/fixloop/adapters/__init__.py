"""Who answers the ports: git by its plumbing, files, caches and locks in the common git directory."""
