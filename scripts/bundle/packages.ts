/** The last folder of a path that is in `node_modules`: packages are nested, shared by workspaces, and linked to. */
const PACKAGE = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/;

/**
 * The installed package that a file belongs to.
 *
 * @returns its name, and the folder that its files are in; '' for a file that belongs to none
 */
export function packageOf(file: string): { readonly name: string; readonly folder: string } {
  const [folder = '', name = ''] = PACKAGE.exec(file) ?? [];
  return { name: name.replaceAll('\\', '/'), folder };
}
