# Written by Gatehouse. Edit the mesh's declaration instead.
datacenter = {{ datacenter }}
node_name  = {{ node }}
data_dir   = "/opt/consul"
{%- if bind != nil %}
bind_addr  = {{ bind }}
{%- endif %}
retry_join = [{% for address in join %}{{ address }}{% unless forloop.last %}, {% endunless %}{% endfor %}]
{%- if server %}

server           = true
bootstrap_expect = {{ serverCount }}
client_addr      = {{ clientAddress }}
ui_config {
  enabled = true
}
{%- else %}

client_addr = "127.0.0.1"
# A restart of the agent must not take the node's services out of the catalogue.
leave_on_terminate = false
# Health checks of kind `script` come from files that only root writes.
enable_local_script_checks = true
{%- endif %}

# Without ACLs the mesh would allow by default.
default_intention_policy = "deny"
connect {
  enabled = true
}
ports {
  grpc = 8502
}
performance {
  raft_multiplier = 1
}
disable_update_check = true
log_level            = "INFO"
