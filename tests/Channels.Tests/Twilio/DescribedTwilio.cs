using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cea.Sandbox.Tests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Cea.Channels.Tests.Twilio;

/// <summary>
/// A mock of Twilio made by Prism from the OpenAPI description that Twilio publishes. It judges every call that reaches the address; where a case needs certain rows to
/// go on, they are given in place of its example, after the judgement.
/// </summary>
public sealed partial class DescribedTwilio : IAsyncLifetime
{
    private readonly JsonElement _described = JsonDocument.Parse(File.ReadAllText(Path.Combine(NodeScript.Folder, "Twilio", "twilio-description.json"))).RootElement;
    private readonly ConcurrentQueue<(string Operation, string? Trouble)> _judged = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private Process _prism = null!;
    private ProviderServer _server = null!;
    private string _mock = "";

    public string Url => _server.Url;

    /// <summary>Method and path of each operation of the description.</summary>
    public IEnumerable<string> Operations => _described.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(o => $"{o.Name.ToUpperInvariant()} {p.Name}"));

    /// <summary>Each call since this was last asked, with what is wrong with it.</summary>
    public IReadOnlyList<(string Operation, string? Trouble)> Take()
    {
        var taken = new List<(string, string?)>();
        while (_judged.TryDequeue(out var one))
            taken.Add(one);
        return taken;
    }

    /// <summary>Bodies in place of the description's example, by what the address contains.</summary>
    public Dictionary<string, string> Rows { get; set; } = [];

    public async Task InitializeAsync()
    {
        var port = FreePort();
        _mock = $"http://127.0.0.1:{port}";
        _prism = await NodeScript.StartAsync("@stoplight/prism-cli/dist/index.js", "is listening", "mock", Path.Combine("Twilio", "twilio-description.json"), "-h", "127.0.0.1", "-p", $"{port}");
        _server = await ProviderServer.StartAsync(new Provider(JudgeAsync));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _prism.Kill(entireProcessTree: true);
        _prism.Dispose();
        _http.Dispose();
    }

    private async Task JudgeAsync(HttpContext context)
    {
        // A file lies at its resource's address without .json, or with the ending of a sound format: of these only the resource is described.
        var path = Sound().Replace(context.Request.Path.Value!, "");
        if (path.StartsWith("/2010-04-01/", StringComparison.Ordinal) && !path.EndsWith(".json", StringComparison.Ordinal))
            path += ".json";
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), _mock + path + context.Request.QueryString.Value);
        if (context.Request.ContentType is not null)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        using var answer = await _http.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();
        var template = _described.GetProperty("paths").EnumerateObject().Select(p => p.Name).FirstOrDefault(p => Regex.IsMatch(path, "^" + Place().Replace(Regex.Escape(p).Replace("\\{", "{", StringComparison.Ordinal), "[^/]+") + "$"));
        _judged.Enqueue(($"{context.Request.Method} {template ?? path}", await TroubleAsync(context.Request, template, answer, body)));

        context.Response.StatusCode = (int)answer.StatusCode;
        if (answer.StatusCode == HttpStatusCode.NoContent)
            return;
        context.Response.ContentType = "application/json";
        var address = context.Request.Path + context.Request.QueryString.Value;
        await context.Response.WriteAsync(Rows.FirstOrDefault(r => address.Contains(r.Key, StringComparison.Ordinal)).Value ?? body);
    }

    // Prism lets through what is not named: those names are looked for here. Its own examples break the description in places; that is not ours.
    private async Task<string?> TroubleAsync(HttpRequest request, string? template, HttpResponseMessage answer, string body)
    {
        if (template is null || !_described.GetProperty("paths").GetProperty(template).TryGetProperty(request.Method.ToLowerInvariant(), out var operation))
            return "no such operation";
        if (!answer.IsSuccessStatusCode)
            return $"{(int)answer.StatusCode}: {body}";
        if (answer.Headers.TryGetValues("sl-violations", out var found) && found.FirstOrDefault(f => f.Contains("\"location\":[\"request\"", StringComparison.Ordinal)) is { } violation)
            return violation;
        var known = operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(p => p.GetProperty("name").GetString()).ToList() : [];
        if (request.Query.Keys.Except(known).FirstOrDefault() is { } query)
            return $"no such parameter: {query}";
        if (request.ContentType is not { } type)
            return null;
        if (!operation.TryGetProperty("requestBody", out var wanted) || !wanted.GetProperty("content").TryGetProperty(type.Split(';')[0], out var content))
            return $"not in {type}";
        var schema = content.GetProperty("schema");
        if (schema.TryGetProperty("$ref", out var reference))
            schema = _described.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        request.Body.Position = 0;
        using var reader = new StreamReader(request.Body, leaveOpen: true);
        var sent = await reader.ReadToEndAsync();
        var names = type.Contains("json", StringComparison.Ordinal) ? JsonDocument.Parse(sent).RootElement.EnumerateObject().Select(p => p.Name) : QueryHelpers.ParseQuery(sent).Keys;
        return names.FirstOrDefault(n => !schema.GetProperty("properties").TryGetProperty(n, out _)) is { } field ? $"no such field: {field}" : null;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("\\{[^}]+}")]
    private static partial Regex Place();

    [GeneratedRegex("\\.mp3$")]
    private static partial Regex Sound();
}
