# Written by Gatehouse. Edit the mesh's declaration instead.
service {
  id   = {{ name }}
  name = {{ name }}
  kind = "ingress-gateway"

  meta = {
    gatehouse-mesh = {{ mesh }}
  }

  check {
    name     = "Envoy is ready"
    http     = {{ readyUrl }}
    interval = "1s"
    timeout  = "1s"
  }
{%- if clusters != nil %}

  proxy {
    config {
      envoy_extra_static_clusters_json = {{ clusters }}
    }
  }
{%- endif %}
}
