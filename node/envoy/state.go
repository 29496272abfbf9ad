package envoy

import (
	"context"
	"encoding/json"
	"fmt"
)

// Cluster is a service as an Envoy calls it.
type Cluster struct {
	Name string
	// Healthy endpoints: those that pass Consul's checks and Envoy's own.
	Healthy int
}

// Clusters that Envoy has.
func (a Admin) Clusters(ctx context.Context) ([]Cluster, error) {
	var page struct {
		ClusterStatuses []struct {
			Name         string `json:"name"`
			HostStatuses []struct {
				HealthStatus struct {
					EDS    string `json:"eds_health_status"`
					Failed bool   `json:"failed_active_health_check"`
				} `json:"health_status"`
			} `json:"host_statuses"`
		} `json:"cluster_statuses"`
	}
	if err := a.getJSON(ctx, "/clusters?format=json", &page); err != nil {
		return nil, err
	}
	clusters := make([]Cluster, 0, len(page.ClusterStatuses))
	for _, one := range page.ClusterStatuses {
		cluster := Cluster{Name: one.Name}
		for _, endpoint := range one.HostStatuses {
			if endpoint.HealthStatus.EDS == "HEALTHY" && !endpoint.HealthStatus.Failed {
				cluster.Healthy++
			}
		}
		clusters = append(clusters, cluster)
	}
	return clusters, nil
}

// Certificate that Envoy uses: its own or a CA's. From and To are RFC 3339.
type Certificate struct{ From, To string }

// Certificates that Envoy has, each time span once.
func (a Admin) Certificates(ctx context.Context) ([]Certificate, error) {
	type validity struct {
		From string `json:"valid_from"`
		To   string `json:"expiration_time"`
	}
	var page struct {
		Certificates []struct {
			Chain []validity `json:"cert_chain"`
			CA    []validity `json:"ca_cert"`
		} `json:"certificates"`
	}
	if err := a.getJSON(ctx, "/certs", &page); err != nil {
		return nil, err
	}
	seen := map[validity]bool{}
	certificates := []Certificate{}
	for _, one := range page.Certificates {
		for _, each := range append(one.Chain, one.CA...) {
			if !seen[each] {
				seen[each] = true
				certificates = append(certificates, Certificate(each))
			}
		}
	}
	return certificates, nil
}

func (a Admin) getJSON(ctx context.Context, path string, page any) error {
	text, err := a.Get(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, page); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
