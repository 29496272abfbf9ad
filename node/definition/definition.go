// Package definition finds the services that a file of Consul's configuration defines, HCL or JSON, from Gatehouse or from a
// person.
package definition

import (
	"slices"
	"strings"
)

// Service that a file defines.
type Service struct {
	ID, Name, Kind string
	// Of is the service that a sidecar is for, and OfID the id of its registration.
	Of, OfID string
}

// File of Consul's configuration.
type File struct {
	Services []Service
	// Others are settings of the agent next to the services.
	Others []string
}

// aboutServices are the settings of which a file of definitions consists.
var aboutServices = []string{"service", "services"}

// Read a file. It is an error when Consul could not read it either.
func Read(text []byte) (File, error) {
	settings, err := parse(string(text))
	if err != nil {
		return File{}, err
	}
	var file File
	for key := range settings {
		if !slices.Contains(aboutServices, key) {
			file.Others = append(file.Others, key)
		}
	}
	slices.Sort(file.Others)
	for _, key := range aboutServices {
		for _, value := range settings[key] {
			if service, isObject := value.(object); isObject {
				file.Services = append(file.Services, read(service))
			}
		}
	}
	return file, nil
}

func read(service object) Service {
	found := Service{ID: service.text("id"), Name: service.text("name"), Kind: service.text("kind")}
	if found.ID == "" {
		found.ID = found.Name
	}
	for _, value := range service["proxy"] {
		if proxy, isObject := value.(object); isObject {
			found.Of, found.OfID = proxy.text("destinationservicename"), proxy.text("destinationserviceid")
		}
	}
	return found
}

// object of settings: the values of each key, which may occur more than once. Consul ignores the case of keys, and takes
// destination_service_name for DestinationServiceName.
type object map[string][]any

func (o object) text(key string) string {
	for _, value := range o[key] {
		if text, isText := value.(string); isText {
			return text
		}
	}
	return ""
}

func plainKey(key string) string { return strings.ReplaceAll(strings.ToLower(key), "_", "") }
