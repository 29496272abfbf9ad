# Written by Gatehouse. Edit the mesh's declaration instead.
service {
  id   = {{ id }}
  name = {{ service.name }}
{%- if port != nil %}
  port = {{ port }}
{%- endif %}

  meta = {
    gatehouse-mesh = {{ mesh }}
{%- for pair in meta %}
    {{ pair[0] }} = {{ pair[1] }}
{%- endfor %}
  }
{%- if tags.size > 0 %}

  tags = [{% for tag in tags %}{{ tag }}{% unless forloop.last %}, {% endunless %}{% endfor %}]
{%- endif %}
{%- if port != nil %}

  check {
    name     = "health"
{%- if health.http != nil %}
    http     = {{ health.http }}

    # The agent may call more on this node than the service, which chooses where a redirect leads.
    disable_redirects = true

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
{%- for header in health.header %}
{%- if forloop.first %}
    header = {
{%- endif %}
      {{ header[0] }} = [{% for value in header[1] %}{{ value }}{% unless forloop.last %}, {% endunless %}{% endfor %}]
{%- if forloop.last %}
    }
{%- endif %}
{%- endfor %}
{%- if health.method != nil %}
    method = {{ health.method }}
{%- endif %}
{%- if health.tls.any %}
    tls_skip_verify = true
{%- endif %}
{%- if health.tls.tcp %}
    tcp_use_tls = true
{%- endif %}
{%- if health.tls.grpc %}
    grpc_use_tls = true
{%- endif %}
    interval = {{ health.interval }}
    timeout  = {{ health.timeout }}
{%- if health.successes != nil %}
    success_before_passing = {{ health.successes }}
{%- endif %}

    failures_before_critical = {{ health.failures }}
  }
{%- endif %}

  connect {
    sidecar_service {
      port = {{ sidecarPort }}

      meta = {
        gatehouse-mesh = {{ mesh }}
{%- for pair in meta %}
        {{ pair[0] }} = {{ pair[1] }}
{%- endfor %}
      }
{%- if tags.size > 0 %}

      tags = [{% for tag in tags %}{{ tag }}{% unless forloop.last %}, {% endunless %}{% endfor %}]
{%- endif %}

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
          alias_service = {{ id }}
        },
      ]

      proxy {
{%- if port == nil %}
        # Nothing calls the service: its sidecar takes no calls of other nodes.
        config {
          bind_address = "127.0.0.1"
        }

{%- endif %}
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
