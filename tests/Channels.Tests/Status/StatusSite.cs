using System.Net;
using System.Text.RegularExpressions;
using Cea.Channels.Status;
using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Cea.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cea.Channels.Tests.Status;

/// <summary>The status page on a loopback port, visited as a browser without scripts does.</summary>
public sealed partial class StatusSite : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StatusSite(WebApplication app) => (_app, Http) = (app, Clients.New(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First())));

    public HttpClient Http { get; }

    public static async Task<StatusSite> StartAsync(Databases databases)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(TestDatabase.Keys).AddSingleton(databases).AddSingleton<WakeUp>().AddSingleton<Inbox>().AddSingleton<IntakeBoard>().AddSingleton<ReceiptDesk>();
        var app = builder.Build();
        app.MapStatus();
        await app.StartAsync();
        return new StatusSite(app);
    }

    public async Task<(HttpStatusCode Status, string Html)> LookAsync(string code, string language = "en") => await PostAsync("/s", new() { ["code"] = code, ["lang"] = language });

    public async Task<(HttpStatusCode Status, string Html)> AddAsync(string code, string text, Guid? once = null) =>
        await PostAsync("/s/add", new() { ["code"] = code, ["text"] = text, ["once"] = (once ?? Guid.CreateVersion7()).ToString(), ["lang"] = "en" });

    /// <summary>The page without what belongs to one visit: its code and its click.</summary>
    public static string Same(string html) => OfThisVisit().Replace(html, "");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    private async Task<(HttpStatusCode Status, string Html)> PostAsync(string path, Dictionary<string, string> form)
    {
        using var answer = await Http.PostAsync(new Uri(path, UriKind.Relative), new FormUrlEncodedContent(form));
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        answer.Headers.Location.ShouldBeNull(); // an address would keep the code
        return (answer.StatusCode, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()));
    }

    [GeneratedRegex("name=\"(once|code)\" value=\"[^\"]*\"")]
    private static partial Regex OfThisVisit();
}
