using System.Globalization;
using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Feedback.Routing;
using Cea.Feedback.ServicePoints;
using Cea.Feedback.Standards;
using Cea.Feedback.Texts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Settings;

/// <summary>What the settings' forms post: teams, rules, standards, rota, service points, what people are told.</summary>
internal static class SettingsEndpoints
{
    private static readonly Dictionary<string, int> Units = new() { ["minutes"] = 1, ["hours"] = 60, ["days"] = 1440 };

    public static void MapSettings(this IEndpointRouteBuilder routes)
    {
        Posts.Map(routes, "/settings/teams", "save", (form, key) => new SaveTeam(FormFields.Number(form, "id"), form["name"].ToString(), FormFields.Week(form), FormFields.Numbers(form, "members"), FormFields.Ticked(form, "active"), key));
        Posts.Map(routes, "/settings/rules", "save", (form, key) => new SaveRule(FormFields.Number(form, "id"), FormFields.Some(form, "topic"), FormFields.Choice(form, "service_point"), FormFields.Some(form, "lang"), FormFields.Some(form, "urgency"),
            FormFields.Circle(form), FormFields.Some(form, "channel"), FormFields.Number(form, "team") ?? -1, FormFields.Ticked(form, "default"), key));
        Posts.Map(routes, "/settings/rules", "move", (form, key) => new MoveRule(FormFields.Number(form, "id") ?? -1, FormFields.Ticked(form, "up"), key));
        Posts.Map(routes, "/settings/rules", "delete", (form, key) => new DeleteRule(FormFields.Number(form, "id") ?? -1, key));
        Posts.Map(routes, "/settings/standards", "save", (form, key) => new SaveStandards([.. Codebook.Urgencies.SelectMany(u => StandardList.Steps.Select(s => Limit(form, u, s)))], key));
        Posts.Map(routes, "/settings/rota", "save", (form, key) => new SaveRotaTurn(null, FormFields.Circle(form), FormFields.Choice(form, "team"), FormFields.Number(form, "officer") ?? -1, form["starts"].ToString(), form["ends"].ToString(), key));
        Posts.Map(routes, "/settings/rota", "delete", (form, key) => new DeleteRotaTurn(FormFields.Number(form, "id") ?? -1, FormFields.Circle(form), key));
        Posts.Map(routes, "/settings/service-points", "save", (form, key) => new SaveServicePoint(FormFields.Number(form, "id"), Place(form), key), LineEndpoints.RefreshAsync);
        Posts.Map(routes, "/settings/deployment", "save", (form, key) => new SaveDeployment(form["society"].ToString(), form["danger"].ToString(), form["outside"].ToString(), FormFields.Number(form, "survey_after_minutes") ?? 0,
            form["time_zone"].ToString().Trim(), key, form.ContainsKey("telling_hours") ? form["telling_hours"].ToString().Trim() : null), LineEndpoints.RefreshAsync);
        Posts.Map(routes, "/settings/keywords", "save", (form, key) => new AddKeyword(form["lang"].ToString(), form["kind"].ToString(), form["word"].ToString(), FormFields.Ticked(form, "sure_word"), key));
        Posts.Map(routes, "/settings/keywords", "remove", (form, key) => new RemoveKeyword(form["lang"].ToString(), form["word"].ToString(), key));
        routes.MapPeopleSettings();
        routes.MapLineSettings();
    }

    // A count that is no number is as wrong as one below 1: the field is named.
    private static StandardRow Limit(IFormCollection form, string urgency, string step)
    {
        var name = $"{urgency}_{step}";
        int? minutes = FormFields.Some(form, name) is not { } typed ? null
            : int.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= 9999 ? count * Units.GetValueOrDefault(form[$"{name}_unit"].ToString()) : 0;
        return new StandardRow(urgency, step, minutes, FormFields.Ticked(form, $"{name}_night"));
    }

    private static ServicePointFields Place(IFormCollection form) => new(
        form["slug"].ToString(), form["name"].ToString(), form["area"], form["country"], form["region"], form["route"], form["national_society"], form["kind"].ToString(), form["visibility"].ToString(),
        FormFields.Week(form), FormFields.Ticked(form, "hours_confirmed"), FormFields.Ticked(form, "active"));
}
