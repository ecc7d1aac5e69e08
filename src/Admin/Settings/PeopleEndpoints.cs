using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Routing;
using Cea.Feedback.Safeguarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Cea.Admin.Shell;

namespace Cea.Admin.Settings;

/// <summary>What the settings' forms post about people: officers, circles, wishes to be erased.</summary>
internal static class PeopleEndpoints
{
    public static void MapPeopleSettings(this IEndpointRouteBuilder routes)
    {
        // A password is shown in the answer to the post, once: no address and no history has it. It was made with the form, so a double click shows the same one.
        Posts.MapPage(routes, "/settings/users", "add", async (context, form, mediator, state) =>
        {
            await mediator.Send(new AddOfficer(form["user_name"].ToString(), form["password"].ToString(), Officer(form), Forms.ClientId(form)), context.RequestAborted);
            state.Made = (form["user_name"].ToString(), form["password"].ToString());
            return Posts.Page(context, "/settings/users");
        });
        Posts.MapPage(routes, "/settings/users", "password", async (context, form, mediator, state) =>
        {
            var id = FormFields.Number(form, "id") ?? -1;
            await mediator.Send(new ResetPassword(id, form["password"].ToString(), FormFields.Ticked(form, "accept_loss"), Forms.ClientId(form)), context.RequestAborted);
            state.Made = ((await mediator.Send(new OfficerList(), context.RequestAborted)).First(o => o.Id == id).UserName, form["password"].ToString());
            return Posts.Page(context, "/settings/users");
        });
        Posts.Map(routes, "/settings/users", "change", (form, key) => new ChangeOfficer(FormFields.Number(form, "id") ?? -1, Officer(form), FormFields.Ticked(form, "active"), key));
        Posts.Map(routes, "/settings/users", "totp", (form, key) => new ResetTotp(FormFields.Number(form, "id") ?? -1, key));
        Posts.Map(routes, "/settings/users", "require-totp", (form, key) => new RequireTotp(FormFields.Ticked(form, "totp_required"), key));
        Posts.Map(routes, "/settings/operators", "save", (form, key) => new SaveOperator(FormFields.Number(form, "officer") ?? -1, new TypedAddress(form["number"].ToString()), FormFields.Texts(form, "languages"), form["gender"].ToString(), key));
        Posts.Map(routes, "/settings/operators", "remove", (form, key) => new RemoveOperator(FormFields.Number(form, "officer") ?? -1, key));
        Posts.Map(routes, "/settings/circles", "propose", (form, key) => new ProposeMember(FormFields.Circle(form) ?? -1, FormFields.Number(form, "officer") ?? -1,
            form["service_points"].Count == 0 ? null : FormFields.Numbers(form, "service_points"), FormFields.Ticked(form, "alternate"), key));
        Posts.Map(routes, "/settings/circles", "confirm", (form, key) => new ConfirmMember(FormFields.Circle(form) ?? -1, FormFields.Number(form, "officer") ?? -1, key));
        Posts.Map(routes, "/settings/circles", "remove", (form, key) => new RemoveMember(FormFields.Circle(form) ?? -1, FormFields.Number(form, "officer") ?? -1, key));
        Posts.Map(routes, "/settings/circles", "contact", (form, key) => new SaveCircle(FormFields.Circle(form) ?? -1, form["outside_contact"].ToString(), Contact(form), key, form["confidential_phone"].ToString()));
        Posts.Map(routes, "/settings/erasures", "decide", (form, key) => new DecideErasure(FormFields.LongNumber(form, "id") ?? -1, Guid.TryParse(form["item"], out var item) ? item : Guid.Empty, FormFields.Ticked(form, "remove"), form["reason"].ToString(), key));
    }

    private static OfficerFields Officer(IFormCollection form) => new(
        form["display_name"].ToString(), FormFields.Lines(form, "other_names"), FormFields.Texts(form, "roles"), form["language"].ToString(), FormFields.Choice(form, "service_point"),
        Contact(form));

    private static ContactChoice Contact(IFormCollection form) =>
        form["contact_account"].ToString() switch { "keep" => ContactChoice.Unchanged, "" => ContactChoice.None, var account => new ContactChoice(false, account, form["contact_address"].ToString()) };
}
