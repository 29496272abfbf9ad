package main

import (
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// tokenModel is one consul_acl_token as Terraform keeps it.
type tokenModel struct {
	ID                types.String           `tfsdk:"id"`
	AccessorID        types.String           `tfsdk:"accessor_id"`
	Description       types.String           `tfsdk:"description"`
	Policies          types.Set              `tfsdk:"policies"`
	Roles             types.Set              `tfsdk:"roles"`
	Local             types.Bool             `tfsdk:"local"`
	ExpirationTime    types.String           `tfsdk:"expiration_time"`
	Namespace         types.String           `tfsdk:"namespace"`
	Partition         types.String           `tfsdk:"partition"`
	ServiceIdentities []serviceIdentityModel `tfsdk:"service_identities"`
	NodeIdentities    []nodeIdentityModel    `tfsdk:"node_identities"`
	TemplatedPolicies []templatedModel       `tfsdk:"templated_policies"`
}

type serviceIdentityModel struct {
	ServiceName types.String `tfsdk:"service_name"`
	Datacenters types.List   `tfsdk:"datacenters"`
}

type nodeIdentityModel struct {
	NodeName   types.String `tfsdk:"node_name"`
	Datacenter types.String `tfsdk:"datacenter"`
}

type templatedModel struct {
	TemplateName types.String     `tfsdk:"template_name"`
	Variables    []variablesModel `tfsdk:"template_variables"`
	Datacenters  types.List       `tfsdk:"datacenters"`
}

type variablesModel struct {
	Name types.String `tfsdk:"name"`
}

// name by which a person recognises the token.
func (m tokenModel) name() string {
	if m.Description.ValueString() != "" {
		return m.Description.ValueString()
	}
	return m.AccessorID.ValueString()
}

// token is the request to Consul.
func (m tokenModel) token() *api.ACLToken {
	token := &api.ACLToken{
		AccessorID: m.AccessorID.ValueString(), Description: m.Description.ValueString(), Local: m.Local.ValueBool(),
	}
	for _, name := range texts(m.Policies.Elements()) {
		token.Policies = append(token.Policies, &api.ACLTokenPolicyLink{Name: name})
	}
	for _, name := range texts(m.Roles.Elements()) {
		token.Roles = append(token.Roles, &api.ACLTokenRoleLink{Name: name})
	}
	for _, given := range m.ServiceIdentities {
		token.ServiceIdentities = append(token.ServiceIdentities, &api.ACLServiceIdentity{
			ServiceName: given.ServiceName.ValueString(), Datacenters: texts(given.Datacenters.Elements()),
		})
	}
	for _, given := range m.NodeIdentities {
		token.NodeIdentities = append(token.NodeIdentities, &api.ACLNodeIdentity{
			NodeName: given.NodeName.ValueString(), Datacenter: given.Datacenter.ValueString(),
		})
	}
	for _, given := range m.TemplatedPolicies {
		policy := &api.ACLTemplatedPolicy{
			TemplateName: given.TemplateName.ValueString(), Datacenters: texts(given.Datacenters.Elements()),
		}
		for _, variables := range given.Variables {
			policy.TemplateVariables = &api.ACLTemplatedPolicyVariables{Name: variables.Name.ValueString()}
		}
		token.TemplatedPolicies = append(token.TemplatedPolicies, policy)
	}
	if end, err := time.Parse(time.RFC3339, m.ExpirationTime.ValueString()); err == nil {
		token.ExpirationTime = &end
	}
	return token
}

// modelOf is the reverse; the end keeps the text in the state as long as that means the same time.
func modelOf(token *api.ACLToken, endInState types.String) tokenModel {
	model := tokenModel{
		ID: types.StringValue(token.AccessorID), AccessorID: types.StringValue(token.AccessorID),
		Description: types.StringValue(token.Description), Local: types.BoolValue(token.Local),
		ExpirationTime: endOf(token, endInState), Namespace: outOf(token.Namespace), Partition: outOf(token.Partition),
		ServiceIdentities: []serviceIdentityModel{}, NodeIdentities: []nodeIdentityModel{},
		TemplatedPolicies: []templatedModel{},
	}
	var policies, roles []string
	for _, link := range token.Policies {
		policies = append(policies, link.Name)
	}
	for _, link := range token.Roles {
		roles = append(roles, link.Name)
	}
	model.Policies, model.Roles = setOf(policies), setOf(roles)
	for _, found := range token.ServiceIdentities {
		model.ServiceIdentities = append(model.ServiceIdentities,
			serviceIdentityModel{types.StringValue(found.ServiceName), listOf(found.Datacenters)})
	}
	for _, found := range token.NodeIdentities {
		model.NodeIdentities = append(model.NodeIdentities,
			nodeIdentityModel{types.StringValue(found.NodeName), types.StringValue(found.Datacenter)})
	}
	for _, found := range token.TemplatedPolicies {
		templated := templatedModel{types.StringValue(found.TemplateName), []variablesModel{}, listOf(found.Datacenters)}
		if found.TemplateVariables != nil {
			templated.Variables = []variablesModel{{types.StringValue(found.TemplateVariables.Name)}}
		}
		model.TemplatedPolicies = append(model.TemplatedPolicies, templated)
	}
	return model
}

func endOf(token *api.ACLToken, inState types.String) types.String {
	if token.ExpirationTime == nil {
		return types.StringValue("")
	}
	if end, err := time.Parse(time.RFC3339, inState.ValueString()); err == nil && end.Equal(*token.ExpirationTime) {
		return inState
	}
	return types.StringValue(token.ExpirationTime.Format(time.RFC3339))
}
