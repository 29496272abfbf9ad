package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// consulClient is Consul's own client and the patience with which it is used.
type consulClient struct {
	api      *api.Client
	patience *patience
}

// newClient starts from the environment that every Consul client reads, then takes what the provider block gives.
func newClient(given providerModel) (*consulClient, error) {
	config := api.DefaultConfig()
	take(&config.Address, given.Address, "CONSUL_ADDRESS")
	take(&config.Datacenter, given.Datacenter)
	take(&config.Scheme, given.Scheme, "CONSUL_SCHEME", "CONSUL_HTTP_SCHEME")
	take(&config.Token, given.Token, "CONSUL_TOKEN")
	take(&config.Namespace, given.Namespace)
	take(&config.TLSConfig.CAFile, given.CAFile, "CONSUL_CA_FILE")
	take(&config.TLSConfig.CAPath, given.CAPath, "CONSUL_CAPATH")
	take(&config.TLSConfig.CertFile, given.CertFile, "CONSUL_CERT_FILE")
	take(&config.TLSConfig.KeyFile, given.KeyFile, "CONSUL_KEY_FILE")
	config.TLSConfig.CAPem = pem(given.CAPEM)
	config.TLSConfig.CertPEM = pem(given.CertPEM)
	config.TLSConfig.KeyPEM = pem(given.KeyPEM)
	if given.InsecureHTTPS.ValueBool() {
		if config.Scheme != "https" {
			return nil, fmt.Errorf("insecure_https is set, but scheme is %q and not https", config.Scheme)
		}
		config.TLSConfig.InsecureSkipVerify = true
	}
	if auth := given.HTTPAuth.ValueString(); auth != "" {
		user, password, _ := strings.Cut(auth, ":")
		config.HttpAuth = &api.HttpBasicAuth{Username: user, Password: password}
	}
	client, err := api.NewClient(config)
	if err != nil {
		return nil, err
	}
	headers := http.Header{}
	for _, header := range given.Headers {
		headers.Add(header.Name.ValueString(), header.Value.ValueString())
	}
	client.SetHeaders(headers)
	return &consulClient{api: client, patience: newPatience()}, nil
}

// take sets a field to the given argument, or else to the first variable that is set.
func take(field *string, given types.String, variables ...string) {
	if given.ValueString() != "" {
		*field = given.ValueString()
		return
	}
	for _, name := range variables {
		if value := os.Getenv(name); value != "" {
			*field = value
			return
		}
	}
}

func pem(given types.String) []byte {
	if given.ValueString() == "" {
		return nil
	}
	return []byte(given.ValueString())
}
