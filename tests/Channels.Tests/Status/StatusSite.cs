using System.Net;
using System.Text.RegularExpressions;
using Cea.Channels.Tests.Http;
using Cea.Feedback.Storage;

namespace Cea.Channels.Tests.Status;

/// <summary>The status page, visited as a browser without scripts does.</summary>
public sealed partial class StatusSite : IAsyncDisposable
{
    private readonly ChannelSite _site;

    private StatusSite(ChannelSite site) => _site = site;

    public HttpClient Http => _site.Http;

    public static async Task<StatusSite> StartAsync(Databases databases) => new(await ChannelSite.StartAsync(databases));

    public async Task<(HttpStatusCode Status, string Html)> LookAsync(string code, string language = "en") => await PostAsync("/s", new() { ["code"] = code, ["lang"] = language });

    public async Task<(HttpStatusCode Status, string Html)> AddAsync(string code, string text, Guid? once = null) =>
        await PostAsync("/s/add", new() { ["code"] = code, ["text"] = text, ["once"] = (once ?? Guid.CreateVersion7()).ToString(), ["lang"] = "en" });

    /// <summary>The page without what belongs to one visit: its code and its click.</summary>
    public static string Same(string html) => OfThisVisit().Replace(html, "");

    public ValueTask DisposeAsync() => _site.DisposeAsync();

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
