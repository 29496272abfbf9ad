# The program that writes config entries in place of those that were made by hand, and puts these back.
key_prefix {{ records }} {
  policy = "write"
}
{%- for name in services %}
service {{ name }} {
  policy     = "write"
  intentions = "write"
}
{%- endfor %}
{%- for name in gateways %}
service {{ name }} {
  policy = "read"
}
{%- endfor %}
{%- if every %}
service_prefix "" {
  intentions = "write"
}
{%- endif %}
{%- if mesh %}
mesh = "write"
{%- endif %}
{%- if operator %}
operator = "write"
{%- endif %}
