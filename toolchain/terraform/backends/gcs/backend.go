// Package gcs stands where Terraform's "gcs" state backend would be.
package gcs

import "github.com/hashicorp/terraform/internal/backend"

// New is called when a configuration names the backend.
func New() backend.Backend {
	panic("this Terraform was built by Gatehouse, without the gcs backend: install HashiCorp's")
}
