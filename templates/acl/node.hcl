# What Gatehouse's programs on one machine may ask and tell its agent, beside what the agent itself needs.
agent {{ node }} {
  policy = "write"
}
node_prefix "" {
  policy = "read"
}
# Ports of sidecars that were taken over, which no other sidecar is to get.
service "gatehouse-ports" {
  policy = "write"
}
