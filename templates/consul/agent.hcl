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
{%- if acl %}

# Tokens and the gossip key stand in files of their own: gatehouse-*.hcl.
acl {
  enabled                  = true
  default_policy           = "deny"
  enable_token_persistence = true
}
{%- endif %}
{%- if tls %}

tls {
  defaults {
    ca_file = "/etc/consul.d/tls/ca.pem"
{%- if server %}
    cert_file = "/etc/consul.d/tls/server.pem"
    key_file  = "/etc/consul.d/tls/server-key.pem"
{%- endif %}
    verify_incoming = true
    verify_outgoing = true
  }
  internal_rpc {
    verify_server_hostname = true
  }
{%- unless server %}
  # Envoy's xDS comes over loopback, with a token; Consul gives Envoy no certificate to show.
  grpc {
    cert_file       = "/etc/consul.d/tls/xds.pem"
    key_file        = "/etc/consul.d/tls/xds-key.pem"
    verify_incoming = false
  }
{%- endunless %}
}
auto_encrypt {
{%- if server %}
  allow_tls = true
{%- else %}
  tls = true
{%- endif %}
}
{%- endif %}

# Without ACLs the mesh would allow by default.
default_intention_policy = "deny"
connect {
  enabled = true
}
{%- if local %}
# In plain text for programs on this machine alone.
addresses {
{%- if tls %}
  http = "127.0.0.1"
{%- endif %}
{%- unless openDns %}
  dns  = "127.0.0.1"
{%- endunless %}
}
{%- endif %}
ports {
{%- if server %}
{%- unless wanGossip %}
  serf_wan = -1
{%- endunless %}
{%- if tls %}
  https    = 8501
{%- endif %}
{%- endif %}
{%- if tls %}
  grpc     = -1
  grpc_tls = 8503
{%- else %}
  grpc = 8502
{%- endif %}
}
performance {
  raft_multiplier = 1
}
disable_update_check = true
log_level            = {{ logLevel }}
{%- for setting in settings %}
{{ setting[0] }} = {{ setting[1] | raw }}
{%- endfor %}
