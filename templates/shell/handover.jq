# What handover.sh writes in the step $step: from $mesh[0] (as declared) and $live[0] (as Consul has it) to lines of
# verb, kind/name and entry.

# The key in an entry's Meta by which a later deploy knows an entry that Terraform has not taken over yet.
def mark: "gatehouse-handover";

def declared: $mesh[0];
def live($kind): $live[0][$kind] // [];
def by_name: map({key: .Name, value: .}) | from_entries;
def protocol_of: map({key: .Name, value: .Protocol}) | from_entries;

def plain: del(.CreateIndex, .ModifyIndex, .Hash);

# {name: {from, to}} of the services whose protocol changes.
def changing:
  (live("service-defaults") | protocol_of) as $now
  | declared.services | protocol_of
  | with_entries(select($now[.key] != null and $now[.key] != .value) | .value = {from: $now[.key], to: .value});

def same_source($other): .Action == $other.Action and .Permissions == $other.Permissions;

# Declared sources replace those of the same name; the others stay. No L7 permission on a tcp service: Consul refuses.
def merged($old; $change):
  ($old.Sources | by_name) as $had
  | (.Sources | by_name) as $wanted
  | [.Sources[] | if .Permissions and $change.from == "tcp" then $had[.Name] // empty else . end]
    + [$old.Sources[] | select($wanted[.Name] == null)]
  | map(select(.Permissions == null or $change.to != "tcp"));

def grants:
  changing as $changing
  | (live("service-intentions") | by_name) as $old
  | (declared.intentions | by_name) as $wanted
  | (declared.intentions[]
      | . as $entry
      | $changing[.Name] as $change
      | $old[.Name] as $had
      | if $had == null then
          {Sources: []} as $none
          | merged($none; $change) as $sources
          | select($sources != [])
          | {verb: "PUT", entry: {Kind: "service-intentions", Name: $entry.Name, Meta: {(mark): declared.mesh}, Sources: $sources}}
        else
          merged($had; $change) as $sources
          | ($had.Sources | by_name) as $before
          | select(($sources | length) != ($had.Sources | length)
              or any($sources[]; . as $one | $before[.Name] == null or ($before[.Name] | same_source($one) | not)))
          | {verb: "PUT", entry: ($had | plain | .Sources = $sources)}
        end),
    (live("service-intentions")[]
      | select(.Meta[mark]? == declared.mesh and $wanted[.Name] == null)
      | {verb: "DELETE", entry: {Kind: .Kind, Name: .Name}});

# A listener and its services must agree at every moment: the listener goes, the protocols change, it comes again.
def protocols:
  changing as $changing
  | ((live("service-defaults") | protocol_of) + (declared.services | protocol_of | with_entries(select($changing[.key])))) as $after
  | [live("ingress-gateway")[] | select(any(.Listeners[]?.Services[]?; $changing[.Name]))] as $gateways
  | (declared.gateways | by_name) as $wanted
  | def naming: any(.Services[]?; $changing[.Name]);
  ($gateways[] | {verb: "PUT", entry: (plain | .Listeners |= map(select(naming | not)))}),
  (live("service-router")[], live("service-splitter")[]
    | select($changing[.Name].to == "tcp") | {verb: "DELETE", entry: {Kind: .Kind, Name: .Name}}),
  (declared.services[] | select($changing[.Name]) | {verb: "PUT", entry: .}),
  ($gateways[]
    | [.Listeners[] | select(naming) | .Port] as $ports
    | [$wanted[.Name].Listeners[]?
        | . as $listener
        | select(.Port as $port | $ports | index($port))
        | .Services |= map(select(.Name == "*" or $after[.Name] == $listener.Protocol))
        | select(.Services != [])] as $new
    | {verb: "PUT", entry: (plain | .Listeners |= map(select(naming | not)) + $new)},
      {verb: "RESTORE", entry: plain});

if $step == "grants" then grants else protocols end
| [.verb, "\(.entry.Kind)/\(.entry.Name)", (.entry | tojson)] | join("\t")
