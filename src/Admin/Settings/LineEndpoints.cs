using System.Text;
using Cea.Admin.Shell;
using Cea.Feedback;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Admin.Settings;

/// <summary>What the settings' forms post about lines, dead letters and the codebook; the codebook's files.</summary>
internal static class LineEndpoints
{
    private const string SettingPrefix = "setting_";

    public static void MapLineSettings(this IEndpointRouteBuilder routes)
    {
        Posts.Map(routes, "/settings/accounts", "save", (form, key) => new SaveAccount(form["id"].ToString().Trim(), form["kind"].ToString(), FormFields.Ticked(form, "new"),
            form.Where(f => f.Key.StartsWith(SettingPrefix, StringComparison.Ordinal)).ToDictionary(f => f.Key[SettingPrefix.Length..], f => f.Value.ToString()),
            FormFields.Choice(form, "service_point"), FormFields.Texts(form, "languages"), key), RefreshAsync);
        Posts.Map(routes, "/settings/accounts", "risk", (form, key) => new WriteRiskNote(form["id"].ToString(), form["risk_note"].ToString(), FormFields.Ticked(form, "risk_confirmed"), key));
        Posts.Map(routes, "/settings/accounts", "switch", (form, key) => new SwitchAccount(form["id"].ToString(), FormFields.Ticked(form, "on"), FormFields.Ticked(form, "sure"), key), RefreshAsync);
        Posts.Map(routes, "/settings/accounts", "pause", (form, key) => new PauseAccount(form["id"].ToString(), FormFields.Number(form, "minutes") ?? -1, key));
        Posts.Map(routes, "/settings/accounts", "again", (form, key) => new TryAccountAgain(form["id"].ToString(), key), RefreshAsync);
        Posts.MapPage(routes, "/settings/accounts", "check", async (context, form, _, state) =>
        {
            var id = form["id"].ToString();
            state.Checked = (id, await context.RequestServices.GetRequiredService<AccountCheck>().RunAsync(id, context.RequestAborted));
            return Posts.Page(context, "/settings/accounts");
        });
        Posts.MapPage(routes, "/settings/accounts", "webhook", async (context, form, mediator, state) =>
        {
            // The line that the audit names: a click that comes again with another id points no other.
            var id = await mediator.Send(new PointWebhook(form["id"].ToString(), Forms.ClientId(form)), context.RequestAborted);
            state.Checked = (id, await context.RequestServices.GetRequiredService<AccountCheck>().PointHereAsync(id, context.RequestAborted));
            return Posts.Page(context, "/settings/accounts");
        });
        Posts.MapPage(routes, "/settings/accounts", "test", async (context, form, mediator, _) =>
        {
            var id = form["id"].ToString();
            await mediator.Send(new SendTest(id, new TypedAddress(form["test_number"].ToString()), FormFields.Ticked(form, "test_own"), Forms.ClientId(form)), context.RequestAborted);
            return Posts.SeeOther(context, $"/settings/accounts?tested={Uri.EscapeDataString(id)}#tests-{Uri.EscapeDataString(id)}");
        });
        // How far the tests of a line have come, while somebody looks at them.
        routes.MapGet("/settings/accounts/tests/{line}", async (string line, string? seen, IMediator mediator, TimeProvider clock, CancellationToken ct) =>
        {
            var tests = await mediator.Send(new LineTests(line), ct);
            if (TestStates.Seen(tests) == seen && TestStates.Moving(tests, clock.GetUtcNow()))
                return Results.NoContent();
            return (IResult)new RazorComponentResult<TestStates>(new { Account = line, Tests = tests, Now = clock.GetUtcNow() });
        });
        Posts.Map(routes, "/settings/costs", "save", (form, key) => new SavePrices(form["id"].ToString(), new LinePrices(FormFields.Amount(form, "price_outbound"), FormFields.Amount(form, "price_inbound"), FormFields.Amount(form, "price_minute"),
            FormFields.Amount(form, "price_month"), FormFields.Some(form, "currency")), key));
        Posts.Map(routes, "/settings/templates", "save", (form, key) => new SaveTemplate(form["account"].ToString(), form["name"].ToString().Trim(), form["lang"].ToString(), form["purpose"].ToString(), form["category"].ToString(), form["body"].ToString().ReplaceLineEndings("\n"),
            form["places"].ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), key));
        Posts.Map(routes, "/settings/dead-letters", "retry", (form, key) => new RetryDeadLetter(form["all"] == "1" ? null : Guid.TryParse(form["id"], out var id) ? id : Guid.Empty, key));
        Posts.MapPage(routes, "/settings/codebook", "save", async (context, form, mediator, _) =>
        {
            await mediator.Send(new SaveCodebook(await TextAsync(form.Files.GetFile("file"), context.RequestAborted), Forms.ClientId(form)), context.RequestAborted);
            return Posts.SeeOther(context, "/settings/codebook?done=1");
        });
        Posts.Map(routes, "/settings/codebook", "use", (form, key) => new UseCodebook(form["version"].ToString(), key));
        routes.MapGet("/settings/codebook/{version}.tsv", async (string version, IMediator mediator, CancellationToken ct) =>
            Results.Bytes(Encoding.UTF8.GetBytes((await mediator.Send(new CodebookVersions(version), ct)).Codebook.Tsv), "text/tab-separated-values; charset=utf-8", $"codebook-{version}.tsv"));
        routes.MapGet("/settings/codebook/{version}.csv", async (string version, IMediator mediator, CancellationToken ct) =>
            Results.Bytes(Encoding.UTF8.GetBytes((await mediator.Send(new CodebookVersions(version), ct)).Codebook.ToIfrcCsv()), "text/csv; charset=utf-8", $"ifrc-codes-{version}.csv"));
    }

    /// <summary>This Host knows the change at once; others within seconds.</summary>
    public static Task RefreshAsync(HttpContext context) => context.RequestServices.GetRequiredService<AccountDirectory>().RefreshAsync(context.RequestAborted);

    private static async Task<string> TextAsync(IFormFile? file, CancellationToken ct)
    {
        if (file is null)
            return "";
        if (file.Length > SaveCodebook.MaxLength)
            throw new RuleException("fields_wrong", [new WrongField("file", "too_long")]);
        using var reader = new StreamReader(file.OpenReadStream(), Encoding.UTF8);
        return await reader.ReadToEndAsync(ct);
    }
}
