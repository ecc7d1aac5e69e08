using System.Net;
using System.Net.Sockets;
using Cea.Feedback.Items;

namespace Cea.Host.Media;

/// <summary>
/// Reads <c>Cea:SpeechToText</c>: <c>Url</c> of a server inside the deployment that speaks OpenAI's way, <c>Model</c>, and <c>Key</c> where it asks for one. Absent: officers type what recordings say.
/// An address outside is refused: what S10 would leave for it has been heard by a person already.
/// </summary>
internal static class SpeechToText
{
    private const string Url = "Cea:SpeechToText:Url", Model = "Cea:SpeechToText:Model", Key = "Cea:SpeechToText:Key";

    /// <summary>Null: there is none.</summary>
    /// <param name="limit">Of one attempt; null: as long as a few minutes of speech take.</param>
    /// <exception cref="SettingException">It is wrong, or lies outside of the deployment.</exception>
    public static SpeechServer? Of(IConfiguration configuration, TimeSpan? limit = null)
    {
        if (configuration[Url] is not { Length: > 0 } given)
            return new[] { Model, Key }.Any(s => configuration[s] is { Length: > 0 }) ? throw new SettingException(Url, "is missing: the address of the speech server, like http://127.0.0.1:8000") : null;
        if (!Uri.TryCreate(given, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Query.Length + url.Fragment.Length + url.UserInfo.Length > 0)
            throw new SettingException(Url, "must be the address of the speech server alone, like http://127.0.0.1:8000");
        if (AddressesOf(url).Any(a => !SpeechServer.IsInside(a)))
            throw new SettingException(Url, $"{url.Host} is not on this machine or its private network: recordings never leave the deployment. Run the engine inside it (whisper.cpp, speaches, LocalAI), or leave the setting out");
        if (configuration[Model] is not { Length: > 0 } model)
            throw new SettingException(Model, "is missing: the model's name at the speech server (whisper.cpp takes any)");
        if (configuration[Key] is { } key && key.Any(c => c is < '!' or > '~'))
            throw new SettingException(Key, "holds a character that no key has");
        return new SpeechServer(url, model, configuration[Key]) { Limit = limit ?? SpeechServer.Usual };
    }

    // A name that stands for nothing yet may be of a container that starts later; the server looks again at each connection.
    private static IPAddress[] AddressesOf(Uri url)
    {
        try
        {
            return Dns.GetHostAddresses(url.DnsSafeHost);
        }
        catch (SocketException)
        {
            return [];
        }
    }
}
