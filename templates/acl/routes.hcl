# The programs that put the routes of an ingress gateway back when the new ones do not answer.
{%- for name in gateways %}
service {{ name }} {
  policy = "read"
}
{%- endfor %}
mesh = "write"
