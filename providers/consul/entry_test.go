package main

import (
	"slices"
	"testing"

	"github.com/hashicorp/consul/api"
)

func TestSameMeansTheSameToConsul(t *testing.T) {
	for _, test := range []struct {
		kind, one, other string
		want             bool
	}{
		{api.ServiceDefaults, `{"Protocol":"http","Expose":{}}`, ` { "Expose": {}, "Protocol": "http" } `, true},
		{api.ServiceDefaults, `{"Protocol":"http"}`, `{"Protocol":"http","MeshGateway":{}}`, true},
		{api.ServiceDefaults, `{"Protocol":"http"}`, `{"Protocol":"grpc"}`, false},
		{api.ServiceResolver, `{"ConnectTimeout":"5s"}`, `{"ConnectTimeout":5000000000}`, true},
		{api.ServiceIntentions, `{"Sources":[{"Name":"a"},{"Name":"b"}]}`, `{"Sources":[{"Name":"b"},{"Name":"a"}]}`, false},
		{api.ServiceDefaults, `{"Protocol":"http"}`, `not JSON`, false},
	} {
		if got := same(place{kind: test.kind, name: "a"}, test.one, test.other); got != test.want {
			t.Errorf("%s: %s and %s: %v", test.kind, test.one, test.other, got)
		}
	}
}

func TestEncodeAndDecodeAreInverse(t *testing.T) {
	at := place{kind: api.ServiceIntentions, name: "backend"}
	text := `{"Sources":[{"Name":"web","Type":"consul","Precedence":9,"Permissions":` +
		`[{"Action":"allow","HTTP":{"PathPrefix":"/","Header":[{"Name":"x","Exact":"${y} %{z}"}],"Methods":["GET"]}}]}]}`
	entry, err := decode(at, text)
	if err != nil {
		t.Fatal(err)
	}
	back, err := encode(entry)
	if err != nil || !same(at, text, back) {
		t.Errorf("%s came back as %s, %v", text, back, err)
	}
}

func TestUnknownKeysAreFoundAtEveryDepth(t *testing.T) {
	text := `{"Protcol":"http","mesh_gateway":{},"UpstreamConfig":{"Defaults":{"Limit":{}}},"Meta":{"any":"key"}}`
	got, err := unknownKeys(api.ServiceDefaults, text)
	if want := []string{"Protcol", "UpstreamConfig.Defaults.Limit", "mesh_gateway"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := unknownKeys("no-such-kind", `{}`); err == nil {
		t.Error("an unknown kind passed")
	}
	for _, text := range []string{"", "null", "[]", `"a"`} {
		if _, err := unknownKeys(api.ServiceDefaults, text); err == nil {
			t.Errorf("config_json %q passed", text)
		}
	}
}
