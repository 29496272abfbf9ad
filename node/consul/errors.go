package consul

import (
	"errors"
	"net/http"
	"strings"

	"github.com/hashicorp/consul/api"
)

// IsRefused says whether Consul does not know the token, or does not allow what was asked with it.
func IsRefused(err error) bool {
	var status api.StatusError
	return errors.As(err, &status) && status.Code == http.StatusForbidden
}

// Reason why Consul did not do what it was asked, in its own words.
func Reason(err error) string {
	var status api.StatusError
	if errors.As(err, &status) && strings.TrimSpace(status.Body) != "" {
		return strings.TrimSpace(status.Body)
	}
	return err.Error()
}

// Answered says whether an error is an answer of Consul. Otherwise what was asked may have been done all the same.
func Answered(err error) bool {
	var status api.StatusError
	return errors.As(err, &status)
}
