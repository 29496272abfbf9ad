# The program that changes config entries between the mesh as it was and the mesh as it will be.
service_prefix "" {
  policy     = "write"
  intentions = "write"
}
mesh = "write"
# What was taken over is recorded here.
key_prefix {{ records }} {
  policy = "write"
}
