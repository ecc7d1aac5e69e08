using System.Net;
using System.Text.RegularExpressions;

namespace Cea.Testing;

/// <summary>An officer's browser without the browser: pages are read, forms are posted with their token, redirects followed.</summary>
public sealed class OfficerAtWork(Uri url, AnswerTrail? trail = null) : IDisposable
{
    private readonly HttpClient _http = Clients.New(url, new CookieContainer(), trail);

    public async Task SignInAsync(string name, string password)
    {
        var answer = await PostAsync("/sign-in", "/sign-in", new() { ["name"] = name, ["password"] = password, ["back"] = "/items" });
        answer.Headers.Location?.ToString().ShouldBe("/items");
    }

    public async Task<string> GetAsync(string path)
    {
        var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        return WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Whatever the address answers, decoded.</summary>
    public async Task<string> AnyAsync(string path) => WebUtility.HtmlDecode(await (await _http.GetAsync(new Uri(path, UriKind.Relative))).Content.ReadAsStringAsync());

    /// <summary>Whatever the address answers, as it came.</summary>
    public Task<HttpResponseMessage> FetchAsync(string path) => _http.GetAsync(new Uri(path, UriKind.Relative));

    public async Task<HttpStatusCode> StatusOfAsync(string path) => (await _http.GetAsync(new Uri(path, UriKind.Relative))).StatusCode;

    /// <summary>Posts a form that stands on a page; a fresh click id unless one is given.</summary>
    public async Task<HttpResponseMessage> PostAsync(string page, string action, Dictionary<string, string> fields)
    {
        var html = await (await _http.GetAsync(new Uri(page, UriKind.Relative))).Content.ReadAsStringAsync();
        var token = Regex.Match(html, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;
        var form = new Dictionary<string, string>(fields) { ["__RequestVerificationToken"] = token };
        form.TryAdd("client_id", Guid.CreateVersion7().ToString());
        return await _http.PostAsync(new Uri(action, UriKind.Relative), new FormUrlEncodedContent(form));
    }

    /// <summary>Does something to an item; it must be accepted.</summary>
    public async Task DoAsync(Guid item, string act, Dictionary<string, string> fields)
    {
        var answer = await PostAsync($"/items/{item}", $"/items/{item}/{act}", fields);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, $"{act}: {await answer.Content.ReadAsStringAsync()}");
    }

    public void Dispose() => _http.Dispose();
}
