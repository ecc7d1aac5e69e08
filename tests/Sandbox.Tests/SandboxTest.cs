using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;

namespace Cea.Sandbox.Tests;

/// <summary>A sandbox and a webhook of its own for each test, on real ports.</summary>
public abstract class SandboxTest : IAsyncLifetime
{
    public const string Sid = "AC00000000000000000000000000000001", Token = "test_auth_token", Number = "+15005550006", Bot = "123456789:AAtest-token", Phone = "+50251230001", Chat = "5550000001";

    private WebApplication _sandbox = null!;
    protected HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    protected Webhook Webhook { get; } = new();
    protected string Url { get; private set; } = "";

    /// <summary>More settings, name=value.</summary>
    protected virtual IEnumerable<string> Settings => [];

    public async Task InitializeAsync()
    {
        await Webhook.StartAsync();
        string[] usual =
        [
            "urls=http://127.0.0.1:0", $"Sandbox:CeaBaseUrl={Webhook.Url}", "Sandbox:StatusDelayMs=20", "Sandbox:RetryScale=0.01",
            "Sandbox:Accounts:0:Name=sms", "Sandbox:Accounts:0:Kind=twilio-sms", $"Sandbox:Accounts:0:AccountSid={Sid}", $"Sandbox:Accounts:0:AuthToken={Token}", $"Sandbox:Accounts:0:Number={Number}",
            "Sandbox:Accounts:1:Name=bot", "Sandbox:Accounts:1:Kind=telegram", $"Sandbox:Accounts:1:BotToken={Bot}", "Sandbox:Accounts:1:WebhookSecret=s3cret",
        ];
        _sandbox = SandboxServer.Build([.. usual.Concat(Settings).Select(s => $"--{s}")]);
        await _sandbox.StartAsync();
        Url = _sandbox.Urls.First();
        Http.BaseAddress = new Uri(Url);
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await _sandbox.StopAsync();
        await _sandbox.DisposeAsync();
        await Webhook.DisposeAsync();
    }

    protected async Task<JsonElement> SaysAsync(string account, string from, string text, object? more = null)
    {
        var body = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        body["account"] = account;
        body["from"] = from;
        body["text"] = text;
        return await ControlAsync("inbound", body);
    }

    protected async Task<JsonElement> ControlAsync(string path, object body)
    {
        using var answer = await Http.PostAsJsonAsync($"/control/{path}", body);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    protected async Task FaultAsync(string name, object? how = null)
    {
        using var answer = await Http.PutAsJsonAsync($"/control/faults/{name}", how ?? new { });
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    protected async Task<IReadOnlyList<JsonElement>> MessagesAsync(string query = "") =>
        [.. (await Http.GetFromJsonAsync<JsonElement>($"/control/messages{query}")).GetProperty("messages").EnumerateArray()];

    protected async Task<(int Status, JsonElement Json, HttpResponseHeaders Headers)> TwilioAsync(HttpMethod method, string path, object? form = null)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? path : $"/2010-04-01/Accounts/{Sid}/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Sid}:{Token}")));
        if (form is not null)
            request.Content = new FormUrlEncodedContent(form.GetType().GetProperties().Select(p => KeyValuePair.Create(p.Name, p.GetValue(form)?.ToString() ?? "")));
        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType == "application/json" ? JsonDocument.Parse(text).RootElement : default, answer.Headers);
    }

    protected Task<(int Status, JsonElement Json, HttpResponseHeaders Headers)> SendSmsAsync(string to, string body, string from = Number, string? callback = null) =>
        callback is null ? TwilioAsync(HttpMethod.Post, "Messages.json", new { To = to, From = from, Body = body }) : TwilioAsync(HttpMethod.Post, "Messages.json", new { To = to, From = from, Body = body, StatusCallback = callback });

    protected async Task<(int Status, JsonElement Json)> BotAsync(string method, object? body = null)
    {
        using var answer = await Http.PostAsJsonAsync($"/bot{Bot}/{method}", body ?? new { });
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    protected static async Task EventuallyAsync(Func<Task<bool>> holds, int seconds = 10)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            TimeProvider.System.GetElapsedTime(began).TotalSeconds.ShouldBeLessThan(seconds, "it never came about");
            await Task.Delay(20);
        }
    }

    protected static Task EventuallyAsync(Func<bool> holds, int seconds = 10) => EventuallyAsync(() => Task.FromResult(holds()), seconds);
}
