# Written by Gatehouse. Edit the mesh's declaration instead.
service {
  id   = {{ service.name }}
  name = {{ service.name }}
  port = {{ service.port }}

  meta = {
    gatehouse-mesh = {{ mesh }}
  }

  check {
    name     = "health"
{%- if health.http != nil %}
    http     = {{ health.http }}
{%- endif %}
{%- if health.tcp != nil %}
    tcp      = {{ health.tcp }}
{%- endif %}
{%- if health.grpc != nil %}
    grpc     = {{ health.grpc }}
{%- endif %}
{%- if health.script != nil %}
    args     = [{% for word in health.script %}{{ word }}{% unless forloop.last %}, {% endunless %}{% endfor %}]
{%- endif %}
    interval = {{ health.interval }}
    timeout  = {{ health.timeout }}

    failures_before_critical = {{ failures }}
  }

  connect {
    sidecar_service {
      port = {{ sidecarPort }}

      meta = {
        gatehouse-mesh = {{ mesh }}
      }

      # Consul's own checks of a sidecar run every 10s; these make a new instance known within a second.
      checks = [
        {
          name     = "sidecar listener"
          tcp      = {{ sidecarCheck }}
          interval = "1s"
          timeout  = "1s"

          failures_before_critical = {{ failures }}
        },
        {
          name          = "service"
          alias_service = {{ service.name }}
        },
      ]

      proxy {
        upstreams = [
{%- for upstream in service.upstreams %}
          {
            destination_name = {{ upstream.name }}
            local_bind_port  = {{ upstream.localPort }}
          },
{%- endfor %}
        ]
      }
    }
  }
}
