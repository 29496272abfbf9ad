package consul

import (
	"errors"
	"strings"

	"github.com/hashicorp/consul/api"
)

// Reason why Consul did not do what it was asked, in its own words.
func Reason(err error) string {
	var status api.StatusError
	if errors.As(err, &status) && strings.TrimSpace(status.Body) != "" {
		return strings.TrimSpace(status.Body)
	}
	return err.Error()
}

// Answered says whether an error is an answer of Consul. Otherwise Consul may have done what it was asked all the same.
func Answered(err error) bool {
	var status api.StatusError
	return errors.As(err, &status)
}
