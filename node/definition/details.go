package definition

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"gatehouse/node/document"
)

// Details are what the services of a file say of themselves, by id; the values of tokens are not among it.
func Details(path string, text []byte) []document.MadeDefinition {
	settings, err := parse(string(text))
	if err != nil {
		return nil
	}
	var all []document.MadeDefinition
	for _, key := range aboutServices {
		for _, service := range settings.objects(key) {
			all = append(all, details(path, service))
		}
	}
	return all
}

func details(path string, service object) document.MadeDefinition {
	found := document.MadeDefinition{
		File: path, ID: read(service).ID, Port: service.number("port"), Address: service.text("address"),
		Checks: checksOf(service, "check", "checks"), Upstreams: []document.MadeUpstream{},
		Others: service.others("id", "name", "kind", "port", "address", "check", "checks", "connect", "proxy"),
	}
	proxies := service.objects("proxy")
	for _, connect := range service.objects("connect") {
		found.Others = append(found.Others, connect.others("sidecarservice")...)
		for _, sidecar := range connect.objects("sidecarservice") {
			found.Sidecar, found.SidecarPort = true, sidecar.number("port")
			found.Others = append(found.Others, sidecar.others("port", "proxy", "token")...)
			proxies = append(proxies, sidecar.objects("proxy")...)
		}
	}
	for _, proxy := range proxies {
		found.Others = append(found.Others, proxy.others("upstreams", "destinationservicename", "destinationserviceid", "localserviceaddress", "localserviceport")...)
		for _, upstream := range proxy.objects("upstreams") {
			found.Upstreams = append(found.Upstreams, upstreamOf(upstream))
		}
	}
	return found
}

func upstreamOf(upstream object) document.MadeUpstream {
	found := document.MadeUpstream{
		Name: upstream.text("destinationname"), LocalPort: upstream.number("localbindport"), LocalAddress: upstream.text("localbindaddress"),
		Others: upstream.others("destinationname", "localbindport", "localbindaddress", "destinationtype"),
	}
	if kind := upstream.text("destinationtype"); kind != "" && kind != "service" {
		found.Others = append(found.Others, "destinationtype")
	}
	return found
}

func checksOf(of object, keys ...string) []document.MadeCheck {
	checks := []document.MadeCheck{}
	for _, key := range keys {
		for _, check := range of.objects(key) {
			checks = append(checks, checkOf(check))
		}
	}
	return checks
}

func checkOf(check object) document.MadeCheck {
	return document.MadeCheck{
		HTTP: check.text("http"), TCP: check.text("tcp"), GRPC: check.text("grpc"),
		Args: append(check.texts("args"), check.texts("scriptargs")...), Interval: check.text("interval"), Timeout: check.text("timeout"),
		Others: check.others("http", "tcp", "grpc", "args", "scriptargs", "interval", "timeout", "id", "checkid", "name", "notes", "serviceid", "token"),
	}
}

// Persisted is the check of a file in which Consul keeps one that came through its API. False when it is no such file.
func Persisted(text []byte) (document.MadeCheck, bool) {
	var kept struct{ ChkType map[string]any }
	if json.Unmarshal(text, &kept) != nil || kept.ChkType == nil {
		return document.MadeCheck{}, false
	}
	check := object{}
	for key, value := range kept.ChkType {
		switch value := value.(type) {
		case string:
			if value != "" {
				check[plainKey(key)] = []any{value}
			}
		case float64:
			if value != 0 {
				check[plainKey(key)] = []any{time.Duration(value).String()} // lengths of time are nanoseconds there
			}
		case []any:
			check[plainKey(key)] = value
		}
	}
	delete(check, "status")
	return checkOf(check), true
}

func (o object) objects(key string) []object {
	var found []object
	for _, value := range o[key] {
		if inner, isObject := value.(object); isObject {
			found = append(found, inner)
		}
	}
	return found
}

func (o object) number(key string) int {
	for _, value := range o[key] {
		if word, isBare := value.(bare); isBare {
			if number, err := strconv.Atoi(string(word)); err == nil {
				return number
			}
		}
	}
	return 0
}

func (o object) texts(key string) []string {
	texts := []string{}
	for _, value := range o[key] {
		if text, isText := value.(string); isText {
			texts = append(texts, text)
		}
	}
	return texts
}

// others are the keys besides these, in order.
func (o object) others(known ...string) []string {
	others := []string{}
	for key := range o {
		if !slices.Contains(known, key) {
			others = append(others, key)
		}
	}
	slices.Sort(others)
	return others
}
