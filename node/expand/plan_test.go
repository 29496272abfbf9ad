package expand

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// parse JSON as the program reads it from Consul.
func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// declared is a document of the mesh "shop" with these lists of entries.
func declared(t *testing.T, intentions, services, gateways string) document.Expand {
	t.Helper()
	list := func(text string) []map[string]any {
		if text == "" {
			return nil
		}
		return parse[[]map[string]any](t, text)
	}
	return document.Expand{
		Owner:      document.Owner{Mesh: "shop", Node: "server1"},
		Intentions: list(intentions), Services: list(services), Gateways: list(gateways),
	}
}

// consulHas puts entries into the lists of their kinds.
func consulHas(t *testing.T, entries string) live {
	t.Helper()
	now := live{}
	if entries == "" {
		return now
	}
	for _, entry := range parse[[]consul.Entry](t, entries) {
		now[entry.Kind()] = append(now[entry.Kind()], entry)
	}
	return now
}

func lines(writes []Write) []string {
	var lines []string
	for _, write := range writes {
		line := fmt.Sprintf("%s %s", write.Verb, write)
		if write.Entry != nil {
			text, _ := json.Marshal(write.Entry)
			line += " " + string(text)
		}
		lines = append(lines, line)
	}
	return lines
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

const (
	bAllowsA  = `{"Kind":"service-intentions","Name":"b","Sources":[{"Name":"a","Action":"allow"}]}`
	bAllowsC  = `{"Kind":"service-intentions","Name":"b","Sources":[{"Name":"c","Action":"allow"}]}`
	bGetsA    = `{"Kind":"service-intentions","Name":"b","Sources":[{"Name":"a","Permissions":[{"Action":"allow","HTTP":{"Methods":["GET"]}}]}]}`
	bHTTP     = `{"Kind":"service-defaults","Name":"b","Protocol":"http","Expose":{}}`
	bTCP      = `{"Kind":"service-defaults","Name":"b","Protocol":"tcp","Expose":{}}`
	bUnset    = `{"Kind":"service-defaults","Name":"b"}`
	bMarked   = `{"Kind":"service-intentions","Name":"b","Meta":{"gatehouse-handover":"shop"},"Sources":[{"Name":"a","Action":"allow"}]}`
	bElses    = `{"Kind":"service-intentions","Name":"b","Meta":{"gatehouse-handover":"other"},"Sources":[{"Name":"a","Action":"allow"}]}`
	oddName   = `{"Kind":"service-intentions","Name":"../b","Meta":{"gatehouse-handover":"shop"},"Sources":[{"Name":"a","Action":"allow"}]}`
	bAsStored = `{"Kind":"service-intentions","Name":"b","Meta":{"by":"hand"},"Future":{"x":1},"Sources":[{"Name":"a","Action":"allow","Precedence":9,"Type":"consul","Description":"kept"}]}`
)

func TestGrants(t *testing.T) {
	tests := []struct {
		name, declared, services, live string
		want                           []string
	}{
		{"nothing declared, nothing there", "[]", "[]", "[]", nil},
		{"a new entry is marked", "[" + bAllowsA + "]", "[]", "[]", []string{
			`PUT service-intentions/b {"Kind":"service-intentions","Meta":{"gatehouse-handover":"shop","gatehouse-mesh":"shop"},"Name":"b","Sources":[{"Action":"allow","Name":"a"}]}`,
		}},
		{"an entry that exists already is not written", "[" + bAllowsA + "]", "[]", "[" + bAsStored + "]", nil},
		{"a new edge joins the old one, and unknown fields stay", "[" + bAllowsC + "]", "[]", "[" + bAsStored + "]", []string{
			`PUT service-intentions/b {"Future":{"x":1},"Kind":"service-intentions","Meta":{"by":"hand"},"Name":"b","Sources":[{"Action":"allow","Name":"c"},{"Action":"allow","Description":"kept","Name":"a","Precedence":9,"Type":"consul"}]}`,
		}},
		{"a declared source replaces that of the same caller", "[" + bGetsA + "]", "[]", "[" + bAllowsA + "]", []string{
			`PUT service-intentions/b {"Kind":"service-intentions","Name":"b","Sources":[{"Name":"a","Permissions":[{"Action":"allow","HTTP":{"Methods":["GET"]}}]}]}`,
		}},
		{"the same permissions are not written", "[" + bGetsA + "]", "[]", "[" + bGetsA + "]", nil},
		{"a caller of a peer is another one", "[" + bAllowsA + "]", "[]",
			`[{"Kind":"service-intentions","Name":"b","Sources":[{"Name":"a","Peer":"west","Action":"deny"}]}]`, []string{
				`PUT service-intentions/b {"Kind":"service-intentions","Name":"b","Sources":[{"Action":"allow","Name":"a"},{"Action":"deny","Name":"a","Peer":"west"}]}`,
			}},
		{"no permissions while the service is still tcp: a new edge waits", "[" + bGetsA + "]", "[" + bHTTP + "]", "[" + bTCP + "]", nil},
		{"no permissions while the service is still tcp: the old edge stays", "[" + bGetsA + "]", "[" + bHTTP + "]", "[" + bTCP + "," + bAllowsA + "]", nil},
		{"no permissions when the service becomes tcp: the old ones go", "[" + bAllowsC + "]", "[" + bTCP + "]", "[" + bHTTP + "," + bGetsA + "]", []string{
			`PUT service-intentions/b {"Kind":"service-intentions","Name":"b","Sources":[{"Action":"allow","Name":"c"}]}`,
		}},
		{"no permissions when the service becomes tcp: declared ones are not written", "[" + bGetsA + "]", "[" + bTCP + "]", "[" + bHTTP + "]", nil},
		{"ours that is no longer declared goes", "[]", "[]", "[" + bMarked + "]", []string{"DELETE service-intentions/b"}},
		{"ours that is declared stays ours", "[" + bAllowsC + "]", "[]", "[" + bMarked + "]", []string{
			`PUT service-intentions/b {"Kind":"service-intentions","Meta":{"gatehouse-handover":"shop"},"Name":"b","Sources":[{"Action":"allow","Name":"c"},{"Action":"allow","Name":"a"}]}`,
		}},
		{"another mesh's, one without a mark and one under a name that is none stay", "[]", "[]", "[" + bElses + "," + bAsStored + "," + oddName + "]", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			compare(t, lines(grants(declared(t, test.declared, test.services, ""), consulHas(t, test.live))), test.want)
		})
	}
}

const (
	edgeHTTP = `{"Kind":"ingress-gateway","Name":"edge","Future":1,"Listeners":[{"Port":8080,"Protocol":"http","Services":[{"Name":"b"},{"Name":"d"}]},{"Port":9000,"Protocol":"tcp","Services":[{"Name":"e"}]}]}`
	edgeTCP  = `{"Kind":"ingress-gateway","Name":"edge","Listeners":[{"Port":8080,"Protocol":"tcp","Services":[{"Name":"b"}]},{"Port":7000,"Protocol":"http","Services":[{"Name":"d"}]}]}`
	edgeMove = `{"Kind":"ingress-gateway","Name":"edge","Listeners":[{"Port":8080,"Protocol":"http","Services":[{"Name":"*"},{"Name":"b"},{"Name":"d"},{"Name":"new"}]}]}`
	marked   = `{"Meta":{"gatehouse-mesh":"shop"},`
	router   = `{"Kind":"service-router","Name":"b","Meta":{"gatehouse-mesh":"shop"},"Routes":[]}`
	splitter = `{"Kind":"service-splitter","Name":"b","Meta":{"gatehouse-mesh":"shop"},"Splits":[]}`
	others   = `{"Kind":"service-router","Name":"d","Routes":[]}`
	dHTTP    = `{"Kind":"service-defaults","Name":"d","Protocol":"http"}`
	without  = `{"Future":1,"Kind":"ingress-gateway","Listeners":[{"Port":9000,"Protocol":"tcp","Services":[{"Name":"e"}]}],"Name":"edge"}`
)

func TestProtocols(t *testing.T) {
	tests := []struct {
		name, services, gateways, live string
		want                           []string
	}{
		{"the same protocol", "[" + bHTTP + "]", "[" + edgeHTTP + "]", "[" + bHTTP + "," + edgeHTTP + "]", nil},
		{"a service that Consul does not have", "[" + bTCP + "]", "[]", "[" + dHTTP + "]", nil},
		{"a service whose entry has no protocol", "[" + bTCP + "]", "[]", "[" + bUnset + "]", nil},
		{"http to tcp: listener, router and splitter in the way", "[" + bTCP + "," + dHTTP + "]", "[" + edgeTCP + "]",
			"[" + strings.Join([]string{bHTTP, dHTTP, edgeHTTP, splitter, others, router}, ",") + "]", []string{
				"PUT ingress-gateway/edge " + without,
				"DELETE service-router/b",
				"DELETE service-splitter/b",
				`PUT service-defaults/b {"Expose":{},"Kind":"service-defaults","Name":"b","Protocol":"tcp"}`,
				`PUT ingress-gateway/edge {"Future":1,"Kind":"ingress-gateway","Listeners":[{"Port":9000,"Protocol":"tcp","Services":[{"Name":"e"}]},{"Port":8080,"Protocol":"tcp","Services":[{"Name":"b"}]}],"Name":"edge"}`,
			}},
		{"tcp to http: the listener comes with the services that speak it already, and *", "[" + bHTTP + "," + dHTTP + "]", "[" + edgeMove + "]",
			"[" + strings.Join([]string{bTCP, dHTTP, edgeTCP, router}, ",") + "]", []string{
				`PUT ingress-gateway/edge {"Kind":"ingress-gateway","Listeners":[{"Port":7000,"Protocol":"http","Services":[{"Name":"d"}]}],"Name":"edge"}`,
				`PUT service-defaults/b {"Expose":{},"Kind":"service-defaults","Name":"b","Protocol":"http"}`,
				`PUT ingress-gateway/edge {"Kind":"ingress-gateway","Listeners":[{"Port":7000,"Protocol":"http","Services":[{"Name":"d"}]},{"Port":8080,"Protocol":"http","Services":[{"Name":"*"},{"Name":"b"},{"Name":"d"}]}],"Name":"edge"}`,
			}},
		{"a gateway that is no longer declared loses the listener", "[" + bTCP + "]", "[]", "[" + bHTTP + "," + marked + edgeHTTP[1:] + "]", []string{
			"PUT ingress-gateway/edge " + strings.Replace(without, `"Name":"edge"`, marked[1:]+`"Name":"edge"`, 1),
			`PUT service-defaults/b {"Expose":{},"Kind":"service-defaults","Name":"b","Protocol":"tcp"}`,
			"PUT ingress-gateway/edge " + strings.Replace(without, `"Name":"edge"`, marked[1:]+`"Name":"edge"`, 1),
		}},
		{"a gateway of others is left alone", "[" + bTCP + "]", "[]", "[" + bHTTP + "," + edgeHTTP + "]", []string{
			`PUT service-defaults/b {"Expose":{},"Kind":"service-defaults","Name":"b","Protocol":"tcp"}`,
		}},
		{"a gateway that leads elsewhere is left alone", "[" + bTCP + "]", "[]",
			`[` + bHTTP + `,{"Kind":"ingress-gateway","Name":"edge","Listeners":[{"Port":1,"Protocol":"http","Services":[{"Name":"*"}]}]}]`, []string{
				`PUT service-defaults/b {"Expose":{},"Kind":"service-defaults","Name":"b","Protocol":"tcp"}`,
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			compare(t, lines(protocols(declared(t, "[]", test.services, test.gateways), consulHas(t, test.live))), test.want)
		})
	}
}

func TestUndoIsTheWayBack(t *testing.T) {
	writes := protocols(declared(t, "[]", "["+bTCP+"]", "["+edgeTCP+"]"), consulHas(t, "["+strings.Join([]string{bHTTP, edgeHTTP, router}, ",")+"]"))
	compare(t, lines(undo(writes)), []string{
		"RESTORE ingress-gateway/edge " + without,
		`RESTORE service-defaults/b {"Expose":{},"Kind":"service-defaults","Name":"b","Protocol":"http"}`,
		`RESTORE service-router/b {"Kind":"service-router","Meta":{"gatehouse-mesh":"shop"},"Name":"b","Routes":[]}`,
		`RESTORE ingress-gateway/edge {"Future":1,"Kind":"ingress-gateway","Listeners":[{"Port":8080,"Protocol":"http","Services":[{"Name":"b"},{"Name":"d"}]},{"Port":9000,"Protocol":"tcp","Services":[{"Name":"e"}]}],"Name":"edge"}`,
	})
	compare(t, lines(undo([]Write{put(parse[consul.Entry](t, bAllowsA), nil)})), []string{"DELETE service-intentions/b"})
}
