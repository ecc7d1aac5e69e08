using System.Net;
using System.Net.Sockets;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Cea.Admin;
using Cea.Admin.Api;
using Cea.Feedback.Classification;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using Cea.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Cea.Admin.Tests;

/// <summary>The officers' pages on a loopback port and a database of the test's own, visited as a browser without scripts does: pages, forms, cookies.</summary>
public sealed class Site(TestDatabase database) : IAsyncDisposable
{
    public const string Password = "long enough for anybody";
    private static readonly EphemeralDataProtectionProvider Shared = new(); // as Hosts of one deployment share theirs
    private WebApplication _app = null!;

    public CountingHasher Compared { get; } = new();

    public async Task StartAsync(params IReadOnlyList<IChannel> channels)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Cea.Admin", EnvironmentName = "Development", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(TestDatabase.Keys);
        builder.Services.AddSingleton(database.Databases);
        builder.Services.AddSingleton<WakeUp>();
        builder.Services.AddSingleton<Inbox>();
        builder.Services.AddSingleton<IntakeBoard>();
        builder.Services.AddSingleton<AccountDirectory>();
        builder.Services.AddSingleton(new ChannelKinds(channels));
        builder.Services.AddSingleton<ITextClassifier, ScriptedReader>();
        builder.Services.AddUseCases();
        builder.Services.AddAdmin();
        builder.Services.AddSingleton<IDataProtectionProvider>(Shared);
        builder.Services.AddSingleton<IPasswordHasher<OfficerUser>>(Compared);
        _app = builder.Build();
        _app.UseEdge();
        _app.MapAdmin();
        _app.MapIntakeApi();
        _app.MapApiDescription();
        await _app.StartAsync();
    }

    public Task<int> HireAsync(string name, string[] roles, params string[] circles) =>
        new OfficerAccounts(database.Databases.Pages, TestDatabase.Keys).AddAsync(name, Password, roles, circles, false, null, name, mustChange: false, CancellationToken.None);

    /// <summary>Every route with its methods.</summary>
    public IEnumerable<RouteEndpoint> Routes => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Lines that the test has put into the database are known from here on.</summary>
    public Task KnowLinesAsync() => _app.Services.GetRequiredService<AccountDirectory>().RefreshAsync(CancellationToken.None);

    public WakeUp WakeUp => _app.Services.GetRequiredService<WakeUp>();

    /// <param name="from">The loopback address that the visitor comes from.</param>
    public Visitor Visit(string? from = null) => new(Address, from);

    public async Task<Visitor> SignInAsync(string name, string password = Password)
    {
        var visitor = Visit();
        await visitor.GoAsync("/sign-in");
        await visitor.SubmitAsync("form[action='/sign-in']", ("name", name), ("password", password));
        return visitor;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>Compares as always, and knows how often it has.</summary>
public sealed class CountingHasher() : PasswordHasher<OfficerUser>(Options.Create(new PasswordHasherOptions { IterationCount = PasswordCost.Hash }))
{
    private int _count;

    public int Count => _count;

    public override PasswordVerificationResult VerifyHashedPassword(OfficerUser user, string hashedPassword, string providedPassword)
    {
        Interlocked.Increment(ref _count);
        return base.VerifyHashedPassword(user, hashedPassword, providedPassword);
    }
}

/// <summary>One browser: its cookies, the page it is on.</summary>
public sealed class Visitor : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _http;

    public Visitor(Uri address, string? from = null)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = _cookies };
        if (from is not null)
        {
            handler.ConnectCallback = async (context, ct) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }
        _http = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpStatusCode Status { get; private set; }

    /// <summary>What the first answer to the last form was, before its redirect was followed.</summary>
    public HttpStatusCode Answered { get; private set; }

    /// <summary>Where that redirect led.</summary>
    public string? Led { get; private set; }

    public string Path { get; private set; } = "";

    public IHtmlDocument Page { get; private set; } = null!;

    public string Text => Page.Body!.TextContent;

    /// <summary>What a thief has who copied the cookies, at this Host or another.</summary>
    public Visitor Stolen(Uri? at = null)
    {
        var thief = new Visitor(at ?? _http.BaseAddress!);
        thief._cookies.Add(_cookies.GetAllCookies());
        return thief;
    }

    public TimeSpan? RetryAfter { get; private set; }

    public async Task GoAsync(string path) => await ShowAsync(await _http.GetAsync(path));

    /// <summary>Fills the form that the selector finds, over what stands in it, and posts it as its first button would.</summary>
    public Task SubmitAsync(string selector, params (string Name, string Value)[] typed) => SubmitAsync(selector, null, typed);

    public async Task SubmitAsync(string selector, string? file, params (string Name, string Value)[] typed)
    {
        var form = (IHtmlFormElement)(Page.QuerySelector(selector) ?? throw new InvalidOperationException($"no {selector} on {Path}"));
        var fields = Fields(form).Where(f => typed.All(t => t.Name != f.Key)).Concat(typed.Select(t => KeyValuePair.Create(t.Name, t.Value))).ToList();
        HttpContent content = new FormUrlEncodedContent(fields);
        if (file is not null)
        {
            var parts = new MultipartFormDataContent();
            foreach (var (name, value) in fields)
                parts.Add(new StringContent(value), name);
            parts.Add(new StringContent(file), "file", "codebook.tsv");
            content = parts;
        }
        await ShowAsync(await _http.PostAsync(form.GetAttribute("action"), content));
    }

    public async Task<string> ReadAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await _http.SendAsync(request);
        Status = answer.StatusCode;
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Posts as a script does; the page stays where it is.</summary>
    public async Task<(HttpStatusCode Status, System.Net.Http.Headers.HttpResponseHeaders Headers)> PostAsync(string path, (string Name, string Value)[] headers, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))) };
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await _http.SendAsync(request);
        return (answer.StatusCode, answer.Headers);
    }

    /// <summary>An answer that does not end.</summary>
    public Task<Stream> OpenAsync(string path) => _http.GetStreamAsync(path);

    public void Dispose() => _http.Dispose();

    private async Task ShowAsync(HttpResponseMessage answer)
    {
        (Answered, Led) = (answer.StatusCode, answer.Headers.Location?.OriginalString);
        while (answer.Headers.Location is { } next)
        {
            answer.Dispose();
            answer = await _http.GetAsync(next);
        }
        (Status, Path) = (answer.StatusCode, answer.RequestMessage!.RequestUri!.PathAndQuery);
        RetryAfter = answer.Headers.RetryAfter?.Delta;
        Page = await new HtmlParser().ParseDocumentAsync(await answer.Content.ReadAsStringAsync());
        answer.Dispose();
    }

    private static IEnumerable<KeyValuePair<string, string>> Fields(IHtmlFormElement form)
    {
        foreach (var element in form.Elements)
        {
            switch (element)
            {
                case IHtmlInputElement { Type: "checkbox" or "radio", IsChecked: false } or IHtmlInputElement { Type: "file" or "submit" }:
                    break;
                case IHtmlInputElement { Name: { } name } input:
                    yield return KeyValuePair.Create(name, input.Value);
                    break;
                case IHtmlTextAreaElement { Name: { } name } area:
                    yield return KeyValuePair.Create(name, area.Value);
                    break;
                case IHtmlSelectElement { Name: { } name } select:
                    yield return KeyValuePair.Create(name, select.Value ?? "");
                    break;
            }
        }
    }
}
