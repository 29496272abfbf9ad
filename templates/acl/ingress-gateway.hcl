# One ingress gateway: itself, and whom it leads to.
service {{ name }} {
  policy = "write"
}
service_prefix "" {
  policy = "read"
}
node_prefix "" {
  policy = "read"
}
