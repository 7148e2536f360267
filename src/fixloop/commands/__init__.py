"""A file a verb, one public function each: ports in, a frozen result with `to_json()` out."""
