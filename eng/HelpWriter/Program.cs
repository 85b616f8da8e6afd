using System.Reflection;
using System.Runtime.Loader;
using Nestvisor.HelpWriter;

// HelpWriter ASSEMBLY COMMENTS OUTPUT [DEPENDENCY...]: writes the help of the commands in ASSEMBLY, whose XML documentation is COMMENTS.
if (args.Length < 3)
{
    Console.Error.WriteLine("Usage: HelpWriter ASSEMBLY COMMENTS OUTPUT [DEPENDENCY...]");
    return 64;
}

string[] dependencies = args[3..];
AssemblyLoadContext.Default.Resolving += (context, name) =>
    Array.Find(dependencies, path => Path.GetFileNameWithoutExtension(path) == name.Name) is { } path ? context.LoadFromAssemblyPath(Path.GetFullPath(path)) : null;
Assembly assembly = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(args[0]));
string output = Path.GetFullPath(args[2]);
_ = Directory.CreateDirectory(Path.GetDirectoryName(output)!);
HelpDocument.Of(CommandHelp.Of(assembly, DocComments.Read(args[1]))).Save(output);
return 0;
