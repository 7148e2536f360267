"""Results drawn for people: functions from a result to lines on a page. Nothing here decides or prints."""
