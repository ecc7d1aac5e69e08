using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Cea.Admin;
using Cea.Feedback.Classification;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using Cea.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cea.Admin.Tests;

/// <summary>The officers' pages on a loopback port and a database of the test's own, visited as a browser without scripts does: pages, forms, cookies.</summary>
public sealed class Site(TestDatabase database) : IAsyncDisposable
{
    public const string Password = "long enough for anybody";
    private WebApplication _app = null!;

    public async Task StartAsync(params IReadOnlyList<IChannel> channels)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Cea.Admin", EnvironmentName = "Development", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(TestDatabase.Keys);
        builder.Services.AddSingleton(database.Databases);
        builder.Services.AddSingleton<WakeUp>();
        builder.Services.AddSingleton<IntakeBoard>();
        builder.Services.AddSingleton<AccountDirectory>();
        builder.Services.AddSingleton(new ChannelKinds(channels));
        builder.Services.AddSingleton<ITextClassifier, ScriptedReader>();
        builder.Services.AddUseCases();
        builder.Services.AddAdmin();
        _app = builder.Build();
        _app.UseEdge();
        _app.MapAdmin();
        await _app.StartAsync();
    }

    public Task<int> HireAsync(string name, string[] roles, params string[] circles) =>
        new OfficerAccounts(database.Databases.Pages, TestDatabase.Keys).AddAsync(name, Password, roles, circles, false, null, name, mustChange: false, CancellationToken.None);

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public WakeUp WakeUp => _app.Services.GetRequiredService<WakeUp>();

    public Visitor Visit() => new(Address);

    public async Task<Visitor> SignInAsync(string name, string password = Password)
    {
        var visitor = Visit();
        await visitor.GoAsync("/sign-in");
        await visitor.SubmitAsync("form[action='/sign-in']", ("name", name), ("password", password));
        return visitor;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>One browser: its cookies, the page it is on.</summary>
public sealed class Visitor(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };

    public HttpStatusCode Status { get; private set; }

    /// <summary>What the first answer to the last form was, before its redirect was followed.</summary>
    public HttpStatusCode Answered { get; private set; }

    /// <summary>Where that redirect led.</summary>
    public string? Led { get; private set; }

    public string Path { get; private set; } = "";

    public IHtmlDocument Page { get; private set; } = null!;

    public string Text => Page.Body!.TextContent;

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

    public async Task<string> ReadAsync(string path)
    {
        using var answer = await _http.GetAsync(path);
        Status = answer.StatusCode;
        return await answer.Content.ReadAsStringAsync();
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
