using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Cea.Feedback.Intake;

namespace Cea.Channels.Twilio;

/// <summary>Twilio's Content API: templates and their approval by WhatsApp.</summary>
internal sealed class TwilioContent(IHttpClientFactory http)
{
    private const string DefaultBase = "https://content.twilio.com";
    private const int PageSize = 100, MostPages = 60;

    public async IAsyncEnumerable<ProviderTemplate> ListAsync(ChannelAccount account, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var home = new Uri(Base(account));
        var next = $"{Base(account)}/v1/Content?PageSize={PageSize}";
        for (var pages = 0; next is not null && pages < MostPages; pages++)
        {
            var json = await SendAsync(account, HttpMethod.Get, next, null, ct) ?? throw new HttpRequestException("the list of templates is gone");
            if (json.TryGetProperty("contents", out var contents) && contents.ValueKind == JsonValueKind.Array)
            {
                foreach (var one in contents.EnumerateArray())
                {
                    if (TwilioRest.Text(one, "sid") is { } sid)
                        yield return new ProviderTemplate(sid, TwilioRest.Text(one, "friendly_name") ?? "", TwilioRest.Text(one, "language") ?? "", Body(one));
                }
            }
            // Only on the same host: whatever else would take our credentials elsewhere.
            next = json.TryGetProperty("meta", out var meta) && Uri.TryCreate(TwilioRest.Text(meta, "next_page_url"), UriKind.Absolute, out var url) && url.Authority == home.Authority && url.Scheme == home.Scheme ? url.ToString() : null;
        }
    }

    public async Task<string> CreateAsync(TemplateDraft draft, ChannelAccount account, CancellationToken ct)
    {
        var body = new Dictionary<string, object>
        {
            ["friendly_name"] = draft.Name,
            ["language"] = draft.Language,
            ["variables"] = draft.Examples.Select((e, i) => (Place: $"{i + 1}", Example: e)).ToDictionary(v => v.Place, v => v.Example),
            ["types"] = new Dictionary<string, object> { ["twilio/text"] = new Dictionary<string, string> { ["body"] = draft.Body } },
        };
        return await SendAsync(account, HttpMethod.Post, $"{Base(account)}/v1/Content", body, ct) is { } made && TwilioRest.Text(made, "sid") is { Length: > 0 } sid
            ? sid : throw new HttpRequestException("the created template has no id");
    }

    public async Task<TemplateApproval> SubmitAsync(string externalId, TemplateDraft draft, ChannelAccount account, CancellationToken ct)
    {
        // Who asks a second time is refused: then its present state is the answer.
        if (await ReadAsync(externalId, account, ct) is { State: not TemplateState.Unsubmitted } known)
            return known;
        var answer = await SendAsync(account, HttpMethod.Post, $"{Base(account)}/v1/Content/{externalId}/ApprovalRequests/whatsapp", new Dictionary<string, string> { ["name"] = draft.Name, ["category"] = draft.Category }, ct);
        return answer is { } json ? Approval(json) : throw new HttpRequestException("the template is gone");
    }

    public async Task<TemplateApproval?> ReadAsync(string externalId, ChannelAccount account, CancellationToken ct) =>
        await SendAsync(account, HttpMethod.Get, $"{Base(account)}/v1/Content/{externalId}/ApprovalRequests", null, ct) is { } json
            ? json.TryGetProperty("whatsapp", out var whatsapp) && whatsapp.ValueKind == JsonValueKind.Object ? Approval(whatsapp) : new TemplateApproval(TemplateState.Unsubmitted, "unsubmitted", null)
            : null;

    private static TemplateApproval Approval(JsonElement json)
    {
        var status = TwilioRest.Text(json, "status") ?? "";
        var state = status switch
        {
            "unsubmitted" => TemplateState.Unsubmitted,
            "approved" => TemplateState.Approved,
            "rejected" => TemplateState.Rejected,
            "paused" => TemplateState.Paused,
            "disabled" => TemplateState.Disabled,
            _ => TemplateState.Pending,
        };
        return new TemplateApproval(state, status, TwilioRest.Text(json, "rejection_reason") is { Length: > 0 } reason ? reason : null);
    }

    private static string Body(JsonElement content)
    {
        if (!content.TryGetProperty("types", out var types) || types.ValueKind != JsonValueKind.Object)
            return "";
        return types.EnumerateObject().Select(t => TwilioRest.Text(t.Value, "body")).FirstOrDefault(b => b is not null) ?? "";
    }

    // A test provider serves both APIs on one address.
    private static string Base(ChannelAccount account) =>
        account["ApiBaseUrl"]?.TrimEnd('/') is { Length: > 0 } given && given != TwilioRest.DefaultBase ? given : DefaultBase;

    private async Task<JsonElement?> SendAsync(ChannelAccount account, HttpMethod method, string url, object? body, CancellationToken ct)
    {
        using var request = TwilioRest.Signed(account, method, url);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var answer = await http.CreateClient(ChannelKinds.HttpClient).SendAsync(request, ct);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        answer.EnsureSuccessStatusCode();
        return await TwilioRest.ReadAsync(answer, ct) ?? throw new HttpRequestException("the answer is no JSON");
    }
}
