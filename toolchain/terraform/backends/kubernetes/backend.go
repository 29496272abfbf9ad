// Package kubernetes stands where Terraform's "kubernetes" state backend would be.
package kubernetes

import "github.com/hashicorp/terraform/internal/backend"

// New is called when a configuration names the backend.
func New() backend.Backend {
	panic("this Terraform was built by Gatehouse, without the kubernetes backend: install HashiCorp's")
}
