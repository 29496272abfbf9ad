package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/hashicorp/consul/api"
)

// place is where Consul keeps an entry; partition and namespace are empty outside of Consul Enterprise.
type place struct {
	kind, name, partition, namespace string
}

func (p place) String() string { return p.kind + "/" + p.name }

// outside are the keys of an entry that are not part of config_json.
var outside = []string{"Kind", "Name", "Partition", "Namespace", "CreateIndex", "ModifyIndex"}

// decode reads config_json into Consul's own type for the kind, as lenient about spelling as Consul's client.
func decode(at place, text string) (api.ConfigEntry, error) {
	fields, err := parse(text)
	if err != nil {
		return nil, err
	}
	if at.kind == api.APIGateway || at.kind == api.HTTPRoute || at.kind == api.TCPRoute {
		delete(fields, "Status") // only Consul writes it
	}
	fields["kind"], fields["name"] = at.kind, at.name
	fields["Partition"], fields["Namespace"] = at.partition, at.namespace
	return api.DecodeConfigEntry(fields)
}

// encode is the reverse: everything in the entry except its place.
func encode(entry api.ConfigEntry) (string, error) {
	whole, err := json.Marshal(entry)
	if err != nil {
		return "", err
	}
	fields, err := parse(string(whole))
	if err != nil {
		return "", err
	}
	for _, key := range outside {
		delete(fields, key)
	}
	text, err := json.Marshal(fields)
	return string(text), err
}

// same says whether two texts mean the same entry to Consul, in any order of keys and with any spaces.
func same(at place, one, other string) bool {
	if one == other {
		return true
	}
	first, err := decode(at, one)
	if err != nil {
		return false
	}
	second, err := decode(at, other)
	return err == nil && reflect.DeepEqual(first, second)
}

// unknownKeys lists the keys that Consul's type for the kind has no field for. The real provider drops them in silence.
func unknownKeys(kind, text string) ([]string, error) {
	fields, err := parse(text)
	if err != nil {
		return nil, err
	}
	entry, err := api.MakeConfigEntry(kind, "")
	if err != nil {
		return nil, err
	}
	var seen mapstructure.Metadata
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToTimeHookFunc("2006-01-02T15:04:05Z07:00")),
		Metadata: &seen, Result: entry, WeaklyTypedInput: true,
	})
	if err != nil {
		return nil, err
	}
	if err := decoder.Decode(fields); err != nil {
		return nil, err
	}
	slices.Sort(seen.Unused)
	return seen.Unused, nil
}

func parse(text string) (map[string]any, error) {
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return nil, fmt.Errorf("config_json is not a JSON object: %w", err)
	}
	if fields == nil {
		return nil, fmt.Errorf("config_json is not a JSON object: %s", strings.TrimSpace(text))
	}
	return fields, nil
}
