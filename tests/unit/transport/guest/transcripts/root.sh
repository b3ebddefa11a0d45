# Read by the sh that stands in for a guest's: whoever runs the tests, it is root's.
id() { echo 0; }
